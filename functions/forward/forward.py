"""Deliver a case to the destinations that are due; say so when the last one is through."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

from functions.forward.attempt import LEASE_MARGIN_SECONDS, Claim, Courier, attempt
from functions.forward.due import plan, read_round
from functions.forward.ports import Stores, Transactions
from functions.forward.settle import settle
from shared.domain.case import Case, Stage
from shared.domain.events import CaseForwarded, Event

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Start:
    reply: CaseForwarded | None = None
    claims: tuple[Claim, ...] = ()


def forward(event: Event, transactions: Transactions, courier: Courier) -> CaseForwarded | None:
    """None while something is open: the case is woken when the next attempt is due."""
    with transactions() as stores:
        start = _start(event, stores)
    if len(start.claims) <= 1:
        replies = [attempt(claim, transactions, courier) for claim in start.claims]
    else:
        # Side by side, so that one that is slow or dead does not hold back the others.
        with ThreadPoolExecutor(min(AT_ONCE, len(start.claims))) as threads:
            replies = list(threads.map(lambda c: attempt(c, transactions, courier), start.claims))
    return next((reply for reply in replies if reply is not None), start.reply)


def _start(event: Event, stores: Stores) -> _Start:
    stores.cases.lock(event.case_id)
    case = stores.cases.get(event.case_id)
    if event.round < case.round:
        return _Start()  # re-routed since; that round has its own event
    if not case.stage.comes_after(Stage.ROUTED) or case.tenant is None:
        return _Start()  # asked for before it was assigned: that event will come
    round_ = read_round(stores, case)
    answer = round_.answer_to(event)
    if answer is not None:
        if not round_.open_occasions():
            stores.cases.wake_at(case.id, None)  # it may have been woken for nothing
        return _Start(reply=answer)
    if stores.scans.holding(case.id):
        stores.cases.wake_at(case.id, None)  # whoever decides on its files wakes it
        return _Start()
    plan(stores, case)
    claims = _claim(event, stores, case)
    return _Start(settle(stores, case, event), claims)


def _claim(cause: Event, stores: Stores, case: Case) -> tuple[Claim, ...]:
    """What another handler is at is left to it; if it was killed, its lease ends."""
    due = stores.forwardings.claimable(case.id, case.round)
    if not due or case.tenant is None:
        return ()
    destinations = {d.id: d for d in stores.destinations.of_tenant(case.tenant)}
    owner = uuid4()
    claims = []
    for forwarding in due:
        destination = destinations.get(forwarding.destination)
        timeout = destination.settings.timeout_seconds if destination else 0
        number = stores.forwardings.claim(forwarding.id, owner, timeout + LEASE_MARGIN_SECONDS)
        claims.append(Claim(forwarding, case, destination, owner, number, cause))
    return tuple(claims)
