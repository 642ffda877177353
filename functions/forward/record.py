"""Record how an attempt ended, and what follows from it, in one transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime

from functions.forward.claiming import Claim
from functions.forward.outcome import Ended, Outcome
from functions.forward.ports import Stores, Transactions
from functions.forward.settle import settle
from functions.forward.standing import note_answer
from functions.forward.telling import apply_receipts, tell, tell_of_damage
from shared.domain.configuration.destinations import Retry
from shared.domain.events import CaseForwarded
from shared.domain.forwarding import ForwardingState, Receipt, delay_after


@dataclass(frozen=True, slots=True)
class Recorded:
    """`reply` is the event, if this was the last one that was open; `others_wait` for the same
    destination, and may go there now."""

    reply: CaseForwarded | None
    others_wait: bool


def record(claim: Claim, ended: Ended, transactions: Transactions) -> Recorded:
    forwarding = claim.forwarding
    with transactions() as stores:
        stores.cases.lock(forwarding.case_id)
        external_id = ended.receipt.external_id if ended.receipt else None
        stores.claims.end_attempt(
            forwarding.id, claim.number, ended.outcome, ended.status, ended.code, external_id
        )
        state = _advance(stores, claim, ended)
        _tell(stores, claim, ended, state)
        apply_receipts(stores, forwarding.case_id)
        others_wait = note_answer(stores, claim, ended)
        case = stores.cases.get(forwarding.case_id)
        if case.round != forwarding.round:
            return Recorded(None, others_wait)  # re-routed while it was sent
        if claim.cause is None:
            stores.cases.wake_at(case.id, datetime.now(UTC))
            return Recorded(None, others_wait)
        return Recorded(settle(stores, case, claim.cause), others_wait)


def _advance(stores: Stores, claim: Claim, ended: Ended) -> ForwardingState | None:
    """Where it stands now. None if it was not ours any more, so that nothing was changed."""
    id_, owner, claims = claim.forwarding.id, claim.owner, stores.claims
    receipt = ended.receipt or Receipt()
    if ended.outcome is Outcome.ACCEPTED:
        return ForwardingState.ACCEPTED if claims.accept(id_, owner, receipt) else None
    if ended.awaited is not None:
        awaited = ended.awaited
        return claims.sent(id_, owner, receipt, awaited.ask_after_seconds, awaited.within_seconds)
    if ended.outcome is Outcome.REFUSED:
        rejected = claims.reject(id_, owner, ended.code, ended.reason)
        return ForwardingState.REJECTED if rejected else None
    if ended.outcome in (Outcome.SUPERSEDED, Outcome.HELD):
        claims.release(id_, owner)
        return None
    retry = claim.destination.retry if claim.destination else Retry()
    delay = delay_after(id_, 1 if ended.progressed else claim.number, retry)
    return claims.postpone(id_, owner, delay, retry.give_up_after_seconds, ended.code)


def _tell(stores: Stores, claim: Claim, ended: Ended, state: ForwardingState | None) -> None:
    forwarding = claim.forwarding
    if state is None:
        return
    if ended.damaged:
        tell_of_damage(stores, forwarding, ended.code)
    known = ForwardingState.PLANNED if forwarding.sent_at is None else ForwardingState.SENT
    if state not in (known, ForwardingState.PLANNED):
        code = ended.code or ("no_receipt" if state is ForwardingState.GIVEN_UP else None)
        tell(stores, forwarding, state, code, claim.destination)
