"""The two doors of recover over HTTP: the timer's, and the one for the broker's dead letters."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import flask
import structlog

from functions.recover.letters import read_letter
from shared.domain.dead_letter import DeadLetter
from shared.domain.errors import Unavailable
from shared.runtime.cloud_events import NotOurEvent, parse
from shared.runtime.logging import describe

PING = "dev.knative.sources.ping"
_LARGEST_EVENT = 1024 * 1024
_PIECE = 64 * 1024

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`run` and `keep` raise Unavailable if Postgres is away."""

    run: Callable[[], None]
    keep: Callable[[DeadLetter], None]

    def respond(self, request: flask.Request) -> flask.Response:
        if request.method != "POST":
            return flask.Response(status=405, headers={"Allow": "POST"})
        body, digest = _read(request)
        headers = list(request.headers.items())
        if request.path == "/dead-letters":
            return self._keep(read_letter(headers, body, digest))
        return self._run(headers, body)

    def _keep(self, letter: DeadLetter) -> flask.Response:
        """Whatever it is, it is kept: a dead letter that is refused is lost."""
        log = _logger.bind(source=letter.source, event_id=letter.event_id, event_type=letter.type)
        try:
            self.keep(letter)
        except Exception as exc:  # noqa: BLE001 - the broker has to come again, whatever it is
            log.error("dead_letter_not_kept", **describe(exc))
            return flask.Response(status=503)
        log.error("dead_letter_kept", case_id=str(letter.case_id), code=letter.error_code)
        return flask.Response(status=200)

    def _run(self, headers: list[tuple[str, str]], body: bytes) -> flask.Response:
        try:
            incoming = parse(headers, body)
        except NotOurEvent as exc:
            _logger.error("event_malformed", places=exc.places)
            return flask.Response(status=400)
        if incoming["type"] != PING:
            _logger.error("event_unexpected", event_type=incoming["type"])
            return flask.Response(status=422)
        try:
            self.run()
        except Unavailable as exc:
            _logger.warning("recovery_deferred", detail=str(exc))
            return flask.Response(status=503)
        except Exception as exc:  # noqa: BLE001 - the seam: whatever it is, the answer is 500
            _logger.error("recovery_failed", **describe(exc))
            return flask.Response(status=500)
        return flask.Response(status=200)


def _read(request: flask.Request) -> tuple[bytes, bytes | None]:
    """The body; of one that is no event by its size alone only a digest, and none in memory."""
    body = request.stream.read(_LARGEST_EVENT + 1)
    if len(body) <= _LARGEST_EVENT:
        return body, None
    digest = sha256(body)
    while piece := request.stream.read(_PIECE):
        digest.update(piece)
    return b"", digest.digest()
