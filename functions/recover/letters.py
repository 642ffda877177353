"""Read what the broker could not deliver, and keep of it only what is no person's data."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from cloudevents.http import CloudEvent

from shared.domain.dead_letter import DeadLetter
from shared.domain.events import EVENT_TYPES, Event
from shared.domain.identifiers import CaseId, event_id
from shared.runtime.cloud_events import NotOurEvent, parse, read

_LONGEST = 200
_UNREADABLE = "unreadable"
Headers = list[tuple[str, str]]


def read_letter(headers: Headers, body: bytes, digest: bytes | None = None) -> DeadLetter:
    """Never raises. What is no event has a digest for its id: copies of it are one letter.

    `digest` stands for a body that was too long to be kept in memory.
    """
    try:
        incoming = parse(headers, body)
    except NotOurEvent:
        return _garbage(headers, digest or sha256(body).digest())
    attributes = incoming.get_attributes()
    ours = _as_ours(incoming)
    return DeadLetter(
        source=_short(attributes["source"]),
        event_id=_short(attributes["id"]),
        type=_short(attributes["type"]),
        case_id=ours.case_id if ours else _subject(attributes),
        round=ours.round if ours else None,
        data=ours.data() if ours else None,
        error_code=_optional(attributes.get("knativeerrorcode")),
        error_destination=_optional(attributes.get("knativeerrordest")),
    )


def _garbage(headers: Headers, body: bytes) -> DeadLetter:
    given = {name.lower(): value for name, value in headers}
    # What the broker adds may differ from copy to copy.
    own = sorted(
        f"{name}:{value}"
        for name, value in given.items()
        if name.startswith("ce-") and not name.startswith("ce-knative")
    )
    digest = sha256(body + "\n".join(own).encode("utf-8", "surrogatepass"))
    return DeadLetter(
        source=_UNREADABLE,
        event_id=f"sha256:{digest.hexdigest()}",
        error_code=_optional(given.get("ce-knativeerrorcode")),
        error_destination=_optional(given.get("ce-knativeerrordest")),
    )


def _as_ours(incoming: CloudEvent) -> Event | None:
    event_type = EVENT_TYPES.get(incoming["type"])
    if event_type is None or incoming["source"] != event_type.source:
        return None
    try:
        event = read(incoming, event_type)
    except NotOurEvent:
        return None
    # Only we compute ids in this way; whoever else writes our type may write anything as data.
    ours = event.id == event_id(event.case_id, event.type, event.sequence)
    return event if ours else None


def _subject(attributes: Mapping[str, Any]) -> CaseId | None:
    """The case of an event of our type whose data nobody can read."""
    if attributes["type"] not in EVENT_TYPES:
        return None
    try:
        return CaseId(UUID(str(attributes.get("subject"))))
    except ValueError:
        return None


def _short(value: object) -> str:
    """Plain text as it is; anything else (too long, control characters) by its digest."""
    text = str(value)
    if len(text) <= _LONGEST and text.isprintable():
        return text
    return f"sha256:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _optional(value: object) -> str | None:
    return None if value is None else _short(value)
