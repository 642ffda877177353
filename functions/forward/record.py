"""Record how an attempt ended, and what follows from it, in one transaction."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from functions.forward.ports import Stores, Transactions
from functions.forward.settle import FORWARD, settle
from shared.domain.case import LogEntry
from shared.domain.configuration.destinations import Retry
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import (
    FILE_DAMAGED,
    FORWARDING_FAILED,
    Forwarding,
    ForwardingState,
    Receipt,
    delay_after,
)


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Ended:
    """`status` and `code` as the destination, or our attempt at it, gave them."""

    outcome: Outcome
    status: int | None = None
    code: str | None = None
    receipt: Receipt | None = None
    retry: Retry | None = None
    damaged: bool = False


def record(
    forwarding: Forwarding,
    owner: UUID,
    number: int,
    cause: Event,
    ended: Ended,
    transactions: Transactions,
) -> CaseForwarded | None:
    """The event, if this was the last one that was open."""
    with transactions() as stores:
        stores.cases.lock(forwarding.case_id)
        stores.forwardings.end_attempt(
            forwarding.id, number, ended.outcome, ended.status, ended.code
        )
        state = _advance(stores, forwarding, owner, number, ended)
        _tell(stores, forwarding, state, ended)
        case = stores.cases.get(forwarding.case_id)
        if case.round != forwarding.round:
            return None  # re-routed while it was sent; that round has its own event
        return settle(stores, case, cause)


def _advance(
    stores: Stores, forwarding: Forwarding, owner: UUID, number: int, ended: Ended
) -> ForwardingState | None:
    """Where it stands now. None if it was not ours any more, so that nothing was changed."""
    forwardings = stores.forwardings
    if ended.outcome is Outcome.ACCEPTED:
        accepted = forwardings.accept(forwarding.id, owner, ended.receipt or Receipt())
        return ForwardingState.ACCEPTED if accepted else None
    if ended.outcome is Outcome.REFUSED:
        return ForwardingState.REJECTED if forwardings.reject(forwarding.id, owner) else None
    if ended.outcome in (Outcome.SUPERSEDED, Outcome.HELD):
        forwardings.release(forwarding.id, owner)
        return None
    retry = ended.retry or Retry()
    delay = delay_after(forwarding.id, number, retry)
    return forwardings.postpone(forwarding.id, owner, delay, retry.give_up_after_seconds)


def _tell(
    stores: Stores, forwarding: Forwarding, state: ForwardingState | None, ended: Ended
) -> None:
    """On the record what is settled; to a person what needs one."""
    case_id, subject = forwarding.case_id, str(forwarding.id)
    if state is None:
        return
    if ended.damaged:
        reason = f"{forwarding.destination} was not sent its files: {ended.code}"
        stores.tasks.open(FILE_DAMAGED, case_id, reason, subject)
    if state is ForwardingState.PLANNED:
        return
    if state is ForwardingState.ACCEPTED:
        stores.tasks.close(FORWARDING_FAILED, case_id, subject)
        stores.tasks.close(FILE_DAMAGED, case_id, subject)
    else:
        reason = f"{forwarding.destination} {state}: {ended.code}"
        stores.tasks.open(FORWARDING_FAILED, case_id, reason, subject)
    details = {
        "round": forwarding.round,
        "destination": forwarding.destination,
        "message": str(forwarding.message_id),
        **({"code": ended.code} if ended.code else {}),
    }
    stores.log.append(
        case_id, LogEntry(actor=FORWARD, action=f"forwarding.{state}", details=details)
    )
