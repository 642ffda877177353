"""A forwarding (Weiterleitung): one case on its way to one destination, for one occasion."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NewType
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from shared.domain.configuration.destinations import Retry
from shared.domain.destination_standing import HeldBy
from shared.domain.identifiers import AuthorityId, CaseId, DestinationId, EventId, TenantId

ForwardingId = NewType("ForwardingId", UUID)
MessageId = NewType("MessageId", UUID)

FORWARDING_FAILED = "forwarding_failed"
"""The kind of task: a destination refused, or was tried in vain for too long."""
FILE_DAMAGED = "file_damaged"
"""The kind of task: a file is missing in the object store, or is not what was received."""


class ForwardingState(StrEnum):
    """Planned, sending and sent go on by themselves; rejected and given up wait for a person.

    Sent: the destination has it, and says later whether it accepts it.
    Superseded: its case went to another authority before it was accepted.
    """

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    GIVEN_UP = "given_up"
    SUPERSEDED = "superseded"


class Receipt(BaseModel):
    """What the destination answered when it accepted; `external_id` is its own id for the case."""

    model_config = ConfigDict(frozen=True)

    status: int | None = None
    external_id: str | None = None
    details: dict[str, Any] = {}


class Forwarding(BaseModel):
    """`occasion` is the event that made it due; `authority` is the one it was planned for.

    The message is built once: from then on `message_sha256` names its bytes, under `message_key`
    in the object store. While `sent_at` is given, it is asked after, and not sent again. `code`
    says how the last attempt ended if it did not arrive, `reason` what the destination wrote. A
    person may let the case go on without it: `waived_by`.
    """

    model_config = ConfigDict(frozen=True)

    id: ForwardingId
    case_id: CaseId
    round: int
    tenant: TenantId
    destination: DestinationId
    authority: AuthorityId
    occasion: EventId
    occasion_type: str
    occasion_at: datetime
    state: ForwardingState = ForwardingState.PLANNED
    window_from: datetime
    due_at: datetime
    lease_until: datetime | None = None
    lease_owner: UUID | None = None
    attempts: int = 0
    message_id: MessageId
    message_key: str
    message_sha256: str | None = None
    external_id: str | None = None
    receipt: Receipt | None = None
    sent_at: datetime | None = None
    code: str | None = None
    reason: str | None = None
    held_by: HeldBy | None = None
    waived_by: str | None = None


class LaterReceipt(BaseModel):
    """What a destination said of a message after it had taken it."""

    model_config = ConfigDict(frozen=True)

    id: int
    forwarding_id: ForwardingId
    accepted: bool
    external_id: str | None = None
    reason: str | None = None


class Attempt(BaseModel):
    """One try. Without an end it was cut off: whether it arrived is not known.

    `asked`: it was not sent again, but asked after.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None
    status: int | None = None
    code: str | None = None
    external_id: str | None = None
    asked: bool = False


def forwarding_id(
    case_id: CaseId, round_: int, destination: DestinationId, occasion: EventId
) -> ForwardingId:
    """The same occasion always gets the same forwarding."""
    return ForwardingId(uuid5(case_id, f"forwarding\n{round_}\n{destination}\n{occasion}"))


def message_id(forwarding: ForwardingId) -> MessageId:
    """The same on every attempt: a receiver drops repeats by it."""
    return MessageId(uuid5(forwarding, "message"))


def delay_after(forwarding: ForwardingId, attempt: int, retry: Retry) -> float:
    """Seconds until the next attempt. The jitter is the forwarding's own, so that a destination
    that comes back is not met by all of them at once."""
    grown: float = retry.first_delay_seconds * retry.factor ** min(attempt - 1, 64)
    draw = sha256(f"{forwarding}\n{attempt}".encode()).digest()
    jitter = 0.75 + 0.5 * int.from_bytes(draw[:4], "big") / 2**32
    return min(grown, retry.max_delay_seconds) * jitter
