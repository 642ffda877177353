"""One attempt at one forwarding: freeze the message, check once more, send it, record what came.

Killed between any two of these steps, the lease ends and the next attempt sends the same bytes.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from functions.forward.claiming import Claim
from functions.forward.destination import (
    Awaited,
    Damaged,
    Deadline,
    DestinationKind,
    Handed,
    Message,
    NotDelivered,
    Refused,
    Superseded,
)
from functions.forward.freezing import Held, frozen, read_frozen
from functions.forward.journal import ClaimJournal
from functions.forward.outcome import Ended, Outcome
from functions.forward.ports import Transactions
from functions.forward.record import Recorded, record
from shared.domain.configuration.destinations import Destination
from shared.domain.errors import LotseError, Unavailable
from shared.domain.forwarding import Forwarding, ForwardingState, Receipt
from shared.ports import ObjectStore
from shared.runtime.logging import describe

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Courier:
    """`objects` holds the files and the frozen messages."""

    objects: ObjectStore
    open: Callable[[Destination], DestinationKind]


def attempt(claim: Claim, transactions: Transactions, courier: Courier) -> Recorded:
    journal = ClaimJournal(claim, transactions)
    ended = _ended(claim, journal, transactions, courier)
    _logger.info(
        "forwarding_attempted",
        case_id=str(claim.case.id),
        forwarding_id=str(claim.forwarding.id),
        destination=claim.forwarding.destination,
        attempt=claim.number,
        outcome=ended.outcome,
        code=ended.code,
    )
    return record(claim, ended, transactions)


def _ended(
    claim: Claim, journal: ClaimJournal, transactions: Transactions, courier: Courier
) -> Ended:
    try:
        handed = _deliver(claim, journal, transactions, courier)
    except Superseded:
        return Ended(Outcome.SUPERSEDED)
    except Held:
        return Ended(Outcome.HELD)
    except Refused as exc:
        ours = exc.status is None
        return Ended(Outcome.REFUSED, exc.status, exc.code, reason=exc.reason, ours=ours)
    except NotDelivered as exc:
        return Ended(
            Outcome.FAILED,
            exc.status,
            exc.code,
            damaged=isinstance(exc, Damaged),
            progressed=journal.progress,
            ours=isinstance(exc, Damaged) or exc.code == "cut_off",
        )
    except Unavailable:
        return Ended(Outcome.FAILED, code="unavailable", progressed=journal.progress)
    except Exception as exc:  # noqa: BLE001 - a bug in one kind must not hold back the others
        _logger.error("forwarding_broke", destination=claim.forwarding.destination, **describe(exc))
        return Ended(Outcome.FAILED, code=type(exc).__name__)
    if isinstance(handed, Awaited):
        return Ended(Outcome.SENT, handed.receipt.status, receipt=handed.receipt, awaited=handed)
    return Ended(Outcome.ACCEPTED, handed.status, receipt=handed)


def _deliver(
    claim: Claim, journal: ClaimJournal, transactions: Transactions, courier: Courier
) -> Handed:
    forwarding, destination = claim.forwarding, claim.destination
    if destination is None:
        raise Refused("not_declared")
    if forwarding.sent_at is None and not destination.takes(claim.case):
        raise Refused("does_not_take_this_case")
    if _cut_off_too_often(forwarding, destination):
        raise NotDelivered("cut_off")
    kind = courier.open(destination)
    body = frozen(forwarding, kind, transactions, courier.objects)
    journal.begin()
    deadline = Deadline(destination.settings.timeout_seconds)
    message = Message(forwarding.message_id, body, deadline, journal)
    if forwarding.sent_at is not None:
        return kind.ask(message, forwarding.receipt or Receipt())
    try:
        return kind.send(message)
    except (Superseded, Refused, Damaged):
        # The lease is longer than the deadline: there is time left to take it away.
        _take_away(kind, Message(message.id, body, Deadline(destination.settings.timeout_seconds)))
        raise


def clear_away(forwarding: Forwarding, transactions: Transactions, courier: Courier) -> None:
    """What a hand-over has left that was overtaken; if it fails, the case's next event tries."""
    with transactions() as stores:
        declared = stores.destinations.of_tenant(forwarding.tenant)
    destination = next((d for d in declared if d.id == forwarding.destination), None)
    if destination is None:
        return
    with suppress(LotseError):
        body = read_frozen(courier.objects, forwarding)
        deadline = Deadline(destination.settings.timeout_seconds)
        message = Message(forwarding.message_id, body, deadline)
        if _take_away(courier.open(destination), message):
            with transactions() as stores:
                stores.claims.forget_steps(forwarding.id)


def _take_away(kind: DestinationKind, message: Message) -> bool:
    try:
        kind.withdraw(message)
    except LotseError as exc:
        _logger.warning("forwarding_left_behind", message_id=str(message.id), detail=str(exc))
        return False
    return True


def _cut_off_too_often(forwarding: Forwarding, destination: Destination) -> bool:
    """Its attempts end before they can be recorded: perhaps it is what kills us."""
    window = timedelta(seconds=destination.retry.give_up_after_seconds)
    return (
        forwarding.state is ForwardingState.SENDING
        and forwarding.attempts >= 3
        and forwarding.window_from + window < datetime.now(UTC)
    )
