"""What an answer says of the destination: whether more may go there, whether a person is told."""

from functions.forward.claiming import Claim
from functions.forward.outcome import Ended, Outcome
from functions.forward.ports import Stores
from shared.domain.configuration.destinations import Breaker
from shared.domain.destination_standing import DESTINATION_FAILING, Standing

_TELLING = (Outcome.ACCEPTED, Outcome.SENT, Outcome.REFUSED, Outcome.FAILED)


def note_answer(stores: Stores, claim: Claim, ended: Ended) -> bool:
    """Whether others wait for the same destination that may go there now."""
    forwarding, destination = claim.forwarding, claim.destination
    if destination is None:
        return False
    standing = stores.standings.locked(forwarding.tenant, forwarding.destination)
    if ended.outcome in _TELLING and not (ended.ours or ended.progressed):
        standing = _after(standing, ended, destination.breaker, stores)
        stores.standings.save(standing)
        subject = f"{forwarding.tenant}/{forwarding.destination}"
        if standing.is_alarming(destination.breaker):
            stores.tasks.open(
                DESTINATION_FAILING, None, _in_words(standing), subject, owner=destination.owner
            )
        elif standing.is_well(destination.breaker):
            stores.tasks.close(DESTINATION_FAILING, None, subject)
    may_go = standing.open_until is None and standing.paused_at is None
    return may_go and stores.forwardings.has_line(forwarding.tenant, forwarding.destination)


def _after(standing: Standing, ended: Ended, breaker: Breaker, stores: Stores) -> Standing:
    now = stores.standings.clock()
    if ended.outcome is Outcome.FAILED:
        return standing.after_failure(now, ended.code, breaker)
    if ended.outcome is Outcome.REFUSED:
        return standing.after_refusal(now, ended.code)
    return standing.after_arrival(now)


def _in_words(standing: Standing) -> str:
    rate = f"{standing.failure_rate:.0%} of its last answers failed, the last: {standing.code}"
    if standing.open_until is None:
        return rate
    return f"{standing.failures} failures in a row, the last: {standing.code}"
