"""Our events as CloudEvents 1.0 over HTTP, and back."""

import re
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from cloudevents import exceptions
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent, from_http
from pydantic import ValidationError

from shared.domain.events import Event

_REQUIRED = ("id", "source", "type")
# The last but one: the SDK asks any JSON for its members, also a list.
_UNREADABLE = (
    exceptions.GenericException,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class NotOurEvent(Exception):
    """Not a CloudEvent, or not one of our shape. `places` names attributes, never values."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(", ".join(places))
        self.places = places


def parse(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """Raise NotOurEvent if this is no CloudEvent 1.0."""
    try:
        event = from_http(dict(headers), body)
    except _UNREADABLE as exc:
        raise NotOurEvent([type(exc).__name__]) from None
    if event["specversion"] != "1.0":
        raise NotOurEvent(["specversion"])
    # The SDK takes any JSON value for them in structured mode.
    if wrong := [name for name in _REQUIRED if not _is_text(event[name])]:
        raise NotOurEvent(wrong)
    return event


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def read(event: CloudEvent, event_type: type[Event]) -> Event:
    """Raise NotOurEvent if the attributes or data do not fit `event_type`."""
    data = event.get_data()
    if not isinstance(data, dict):
        raise NotOurEvent(["data"])
    attributes = event.get_attributes()
    traceparent = str(attributes.get("traceparent", ""))
    try:
        return event_type.model_validate(
            {
                **data,
                "id": attributes["id"],
                "round": attributes.get("round"),
                "time": attributes.get("time"),
                "traceparent": traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
            }
        )
    except ValidationError as exc:
        raise NotOurEvent([".".join(map(str, error["loc"])) for error in exc.errors()]) from None


def binary(event: Event) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in binary mode. The same row always gives the same bytes."""
    attributes: dict[str, Any] = {
        "id": str(event.id),
        "type": event.type,
        "source": event.source,
        "subject": str(event.case_id),
        "time": event.time.astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "round": str(event.round),
        "partitionkey": str(event.case_id),
    }
    if event.traceparent:
        attributes["traceparent"] = event.traceparent
    headers, body = to_binary(CloudEvent(attributes, event.data()))
    return {**headers, "content-type": "application/json"}, body
