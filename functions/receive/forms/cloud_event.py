"""CloudEvents 1.0 over HTTP as what carries a form: attributes in headers, or around the data."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from functions.receive.incoming import Headers
from functions.receive.refusal import Refused
from shared.domain.exact_json import NumberLiteral, RepeatedMembers, write_json
from shared.runtime.cloud_events import NotOurEvent, parse

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch"
_TELLING = ("ce-specversion", "ce-id", "ce-source", "ce-type")
_NAME = re.compile(r"[a-z0-9]+")
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DATA = ("data", "data_base64")
# What is told elsewhere, and what differs between two tries to deliver the same event.
_NOT_KEPT = frozenset({"specversion", "id", "datacontenttype", "traceparent", "tracestate"})
_OF_BROKERS = "knative"


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """`attributes` are texts, as they would be in headers."""

    attributes: Mapping[str, str]

    @property
    def transaction_id(self) -> str:
        """Source and id identify an event together, and no source contains a space."""
        return f"{self.attributes['source']} {self.attributes['id']}"

    @property
    def control_extra(self) -> dict[str, Any]:
        """In one order, however they came: what is written here decides what a repeat is."""
        kept = {
            name: value
            for name, value in sorted(self.attributes.items())
            if name not in _NOT_KEPT and not name.startswith(_OF_BROKERS)
        }
        return {"cloudevent": kept}


def event_of_headers(headers: Headers) -> CloudEvent | None:
    """Binary mode; None if this is no event at all. Raise Refused (400)."""
    if all(headers.get(name) is None for name in _TELLING):
        return None
    named = ((name.lower(), value) for name, value in headers.items())
    return _checked(
        {
            name.removeprefix("ce-"): _text_of_header(name, value)
            for name, value in named
            if name.startswith("ce-")
        }
    )


def event_of_document(document: Any) -> tuple[CloudEvent, Any]:
    """Structured mode: the event, and its data as JSON or as bytes. Raise Refused (400)."""
    if not isinstance(document, dict) or isinstance(document, RepeatedMembers):
        raise _no_event("It is no object, or has a member twice.", "$")
    given = {name: value for name, value in document.items() if value is not None}
    if all(name in given for name in _DATA):
        raise _no_event("It has data together with data_base64.", "$")
    attributes = {
        name: _text_of_member(name, value) for name, value in given.items() if name not in _DATA
    }
    event = _checked(attributes)
    if "data_base64" in given:
        return event, _bytes_of(given["data_base64"])
    return event, given.get("data")


def _checked(attributes: dict[str, str]) -> CloudEvent:
    if any(not _NAME.fullmatch(name) for name in attributes):
        detail = "Attributes are named with lower-case letters and digits only."
        raise _no_event(detail, "the names of attributes")
    try:
        parse([("content-type", STRUCTURED)], write_json(attributes).encode())
    except NotOurEvent:
        detail = "It needs specversion 1.0 and an id, a source and a type that are not empty."
        raise _no_event(detail, "attributes") from None
    return CloudEvent(attributes)


def _text_of_header(name: str, value: str) -> str:
    """HTTP binding, 3.1.3.2: perhaps in quotes, then percent-encoded UTF-8, once."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = _QUOTED_PAIR.sub(r"\1", value[1:-1])
    try:
        text = unquote_to_bytes(value.encode("ascii")).decode("utf-8")
    except ValueError:
        raise _no_event("It is not percent-encoded UTF-8.", f"header {name}") from None
    if _HALF_ESCAPE.search(value):
        raise _no_event("A percent sign is no escape.", f"header {name}")
    return _storable(text, f"header {name}")


def _text_of_member(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NumberLiteral) and not _INTEGER.fullmatch(value):
        raise _no_event("A number among the attributes is no integer.", name)
    if not isinstance(value, str):
        raise _no_event("An attribute is a text, an integer or a boolean.", name)
    return _storable(str(value), name)


def _storable(text: str, place: str) -> str:
    if "\0" in text:
        raise _no_event("An attribute contains NUL.", place)
    return text


def _bytes_of(value: Any) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, ValueError, binascii.Error):
        raise _no_event("It is no Base64.", "data_base64") from None


def _no_event(detail: str, place: str) -> Refused:
    return Refused(400, "not-a-cloudevent", f"It is no CloudEvent 1.0. {detail}", place=place)
