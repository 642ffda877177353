"""One attempt at one forwarding: freeze the message, check once more, send it, record what came.

Killed between any two of these steps, the lease ends and the next attempt sends the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog

from functions.forward.destination import (
    Contents,
    Damaged,
    Deadline,
    DestinationKind,
    Message,
    NotDelivered,
    Refused,
)
from functions.forward.ports import Stores, Transactions
from functions.forward.record import Ended, Outcome, record
from shared.domain.case import Case
from shared.domain.configuration.destinations import Destination
from shared.domain.errors import AlreadyStored, Unavailable, UnknownObject
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import Forwarding, ForwardingState, Receipt
from shared.ports import ObjectStore
from shared.runtime.logging import describe

LEASE_MARGIN_SECONDS = 15.0
"""What an attempt may need beside the destination's timeout: to build, to freeze, to record."""

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Courier:
    """`objects` holds the files and the frozen messages."""

    objects: ObjectStore
    open: Callable[[Destination], DestinationKind]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send this forwarding until its lease ends, as it was before it was claimed."""

    forwarding: Forwarding
    case: Case
    destination: Destination | None
    owner: UUID
    number: int
    cause: Event


class _Superseded(Exception):
    """The case belongs to another authority now, or somebody else sends it."""


class _Held(Exception):
    """A file has come meanwhile that has to be scanned first."""


def attempt(claim: Claim, transactions: Transactions, courier: Courier) -> CaseForwarded | None:
    """The event, if this was the last one that was open."""
    ended = _ended(claim, transactions, courier)
    _logger.info(
        "forwarding_attempted",
        case_id=str(claim.case.id),
        forwarding_id=str(claim.forwarding.id),
        destination=claim.forwarding.destination,
        attempt=claim.number,
        outcome=ended.outcome,
        code=ended.code,
    )
    return record(claim.forwarding, claim.owner, claim.number, claim.cause, ended, transactions)


def _ended(claim: Claim, transactions: Transactions, courier: Courier) -> Ended:
    retry = claim.destination.retry if claim.destination else None
    try:
        receipt = _deliver(claim, transactions, courier)
    except _Superseded:
        return Ended(Outcome.SUPERSEDED)
    except _Held:
        return Ended(Outcome.HELD)
    except Refused as exc:
        return Ended(Outcome.REFUSED, exc.status, exc.code)
    except NotDelivered as exc:
        damaged = isinstance(exc, Damaged)
        return Ended(Outcome.FAILED, exc.status, exc.code, retry=retry, damaged=damaged)
    except Unavailable:
        return Ended(Outcome.FAILED, code="unavailable", retry=retry)
    except Exception as exc:  # noqa: BLE001 - a bug in one kind must not hold back the others
        _logger.error("forwarding_broke", destination=claim.forwarding.destination, **describe(exc))
        return Ended(Outcome.FAILED, code=type(exc).__name__, retry=retry)
    return Ended(Outcome.ACCEPTED, receipt.status, receipt=receipt)


def _deliver(claim: Claim, transactions: Transactions, courier: Courier) -> Receipt:
    destination = claim.destination
    if destination is None:
        raise Refused("not_declared")
    if not destination.takes(claim.case):
        raise Refused("does_not_take_this_case")
    if _cut_off_too_often(claim.forwarding, destination):
        raise NotDelivered("cut_off")
    kind = courier.open(destination)
    body = _frozen(claim.forwarding, kind, transactions, courier.objects)
    timeout = destination.settings.timeout_seconds
    with transactions() as stores:
        lease = timeout + LEASE_MARGIN_SECONDS
        if not stores.forwardings.renew(claim.forwarding.id, claim.owner, lease):
            raise _Superseded
    return kind.send(Message(claim.forwarding.message_id, body, Deadline(timeout)))


def _cut_off_too_often(forwarding: Forwarding, destination: Destination) -> bool:
    """Its attempts end before they can be recorded: perhaps it is what kills us."""
    window = timedelta(seconds=destination.retry.give_up_after_seconds)
    return (
        forwarding.state is ForwardingState.SENDING
        and forwarding.attempts >= 3
        and forwarding.window_from + window < datetime.now(UTC)
    )


def _frozen(
    forwarding: Forwarding,
    kind: DestinationKind,
    transactions: Transactions,
    objects: ObjectStore,
) -> bytes:
    """The message's bytes, the same on every attempt."""
    if forwarding.message_sha256 is not None:
        return _read(objects, forwarding.message_key, forwarding.message_sha256)
    with transactions() as stores:
        contents = _contents(forwarding, stores)
    body = kind.build(contents)
    try:
        objects.put(forwarding.message_key, body, "application/json")
    except AlreadyStored:
        # Frozen by an attempt that was cut off: those bytes may have been sent.
        body = _read(objects, forwarding.message_key)
    digest = sha256(body).hexdigest()
    with transactions() as stores:
        if stores.forwardings.freeze(forwarding.id, digest) != digest:
            raise Damaged("message_differs")
    return body


def _read(objects: ObjectStore, key: str, digest: str | None = None) -> bytes:
    try:
        body = b"".join(objects.read(key))
    except UnknownObject:
        raise Damaged("message_missing") from None
    if digest not in (None, sha256(body).hexdigest()):
        raise Damaged("message_differs")
    return body


def _contents(forwarding: Forwarding, stores: Stores) -> Contents:
    case = stores.cases.get(forwarding.case_id)
    if (case.round, case.authority) != (forwarding.round, forwarding.authority):
        raise _Superseded
    attachments = stores.attachments.of_case(case.id)
    if any(file.malware_verdict.holds for file in attachments):
        raise _Held
    original = stores.submissions.original(case.id)
    return Contents(
        message_id=forwarding.message_id,
        occasion_at=forwarding.occasion_at,
        case=case,
        submission=stores.submissions.get(case.id),
        original=original.data,
        original_media_type=original.media_type,
        attachments=attachments,
    )
