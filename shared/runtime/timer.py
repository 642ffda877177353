"""A function's door for its timer. Where others can reach it as well, it tells nothing.

Whoever knocks can only bring about what the timer does anyway: what is not due yet is not done.
"""

from collections.abc import Callable

import flask
import structlog

from shared.domain.errors import Unavailable
from shared.runtime.cloud_events import NotOurEvent, parse
from shared.runtime.logging import describe

PING = "dev.knative.sources.ping"
_LARGEST_EVENT = 64 * 1024

_logger = structlog.get_logger()


def respond(request: flask.Request, name: str, run: Callable[[], None]) -> flask.Response:
    """200 whatever came of it: the log says that."""
    if request.method != "POST":
        return _answer(405, {"Allow": "POST"})
    body = request.stream.read(_LARGEST_EVENT + 1)
    if len(body) > _LARGEST_EVENT:
        return _answer(413)
    try:
        event = parse(request.headers.items(), body)
    except NotOurEvent:
        return _answer(400)
    if event["type"] != PING:
        return _answer(422)
    try:
        run()
    except Unavailable as exc:
        _logger.warning("timer_deferred", work=name, detail=str(exc))
    except Exception as exc:  # noqa: BLE001 - the seam: the next minute tries again
        _logger.error("timer_failed", work=name, **describe(exc))
    return _answer(200)


def _answer(status: int, headers: dict[str, str] | None = None) -> flask.Response:
    # As a stream: functions-framework then leaves what was not read of the request alone.
    return flask.Response(iter((b"",)), status, {**(headers or {}), "Content-Length": "0"})
