"""The seam between a function and Knative: CloudEvent in, status and at most one reply event out.

The Knative data plane retries 404, 408, 409, 429 and 5xx; any other 4xx is a dead letter at once.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import flask
import structlog

from shared.domain.errors import Rejected, Unavailable
from shared.domain.events import Event
from shared.runtime.cloud_events import NotOurEvent, binary, parse, read
from shared.runtime.lazy import Lazy
from shared.runtime.logging import describe

Handler: TypeAlias = Callable[[Event], Event | None]
HttpFunction: TypeAlias = Callable[[flask.Request], flask.Response]

_logger = structlog.get_logger()


def event_function(accepts: Sequence[type[Event]], build: Callable[[], Handler]) -> HttpFunction:
    """An HTTP function for functions-framework that handles the given event types.

    It has to be a plain function: the framework takes no other callable, and its own CloudEvent
    signature cannot answer with an event.
    """
    types = {event_type.type: event_type for event_type in accepts}
    handler = Lazy(build)

    def handle(request: flask.Request) -> flask.Response:
        if request.method == "GET" and request.path == "/readyz":
            return flask.Response("ready\n", 200)
        if request.method != "POST":
            return flask.Response(status=405, headers={"Allow": "POST"})
        return respond(request, types, handler)

    return handle


def respond(
    request: flask.Request, types: dict[str, type[Event]], handler: Lazy[Handler]
) -> flask.Response:
    """Parsing and handling fail apart: a bad row of ours is not the event's fault."""
    try:
        incoming = parse(request.headers.items(), request.get_data())
    except NotOurEvent as exc:
        _logger.error("event_malformed", places=exc.places)
        return flask.Response(status=400)
    log = _logger.bind(event_id=incoming["id"], event_type=incoming["type"])
    event_type = types.get(incoming["type"])
    if event_type is None:
        log.error("event_unexpected")
        return flask.Response(status=422)
    try:
        event = read(incoming, event_type)
    except NotOurEvent as exc:
        log.error("event_invalid", places=exc.places)
        return flask.Response(status=400)
    return answer(event, handler, log.bind(case_id=str(event.case_id), round=event.round))


def answer(
    event: Event, handler: Lazy[Handler], log: structlog.typing.FilteringBoundLogger
) -> flask.Response:
    try:
        reply = handler.get()(event)
    except Rejected as exc:
        log.warning("event_rejected", reason=type(exc).__name__)
        return flask.Response(status=422)
    except Unavailable as exc:
        log.warning("event_deferred", reason=type(exc).__name__, detail=str(exc))
        return flask.Response(status=503)
    except Exception as exc:  # noqa: BLE001 - the seam: whatever it is, the answer is 500
        log.error("event_failed", **describe(exc))
        return flask.Response(status=500)
    if reply is None:
        log.info("event_handled")
        return flask.Response(status=200)
    log.info("event_handled", reply_type=reply.type, reply_id=str(reply.id))
    headers, body = binary(reply)
    return flask.Response(body, 200, headers)
