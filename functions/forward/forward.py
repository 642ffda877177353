"""Deliver a case to the destinations that are due; say so when the last one is through."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from functions.forward.attempt import Courier, attempt, clear_away
from functions.forward.claiming import Claim, claim_all, next_in_line
from functions.forward.due import plan, read_round
from functions.forward.ports import Stores, Transactions
from functions.forward.settle import settle, wait
from functions.forward.telling import apply_receipts
from shared.domain.case import Stage
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import Forwarding

AT_ONCE = 4
NEXT_WITHIN_SECONDS = 4.0
"""So long after it began, whoever is done at a destination takes the next one in line for it."""


@dataclass(frozen=True, slots=True)
class _Start:
    reply: CaseForwarded | None = None
    claims: tuple[Claim, ...] = ()
    left_behind: tuple[Forwarding, ...] = ()


def forward(event: Event, transactions: Transactions, courier: Courier) -> CaseForwarded | None:
    """None while something is open: the case is woken when the next attempt is due."""
    until = time.monotonic() + NEXT_WITHIN_SECONDS
    with transactions() as stores:
        start = _start(event, stores)
    for forwarding in start.left_behind:
        clear_away(forwarding, transactions, courier)

    def serve(claim: Claim) -> CaseForwarded | None:
        recorded = attempt(claim, transactions, courier)
        reply, others_wait = recorded.reply, recorded.others_wait
        while others_wait and time.monotonic() < until:
            following = next_in_line(claim, transactions)
            done = [attempt(each, transactions, courier) for each in following]
            others_wait = any(each.others_wait for each in done)
        return reply

    replies = _side_by_side(serve, start.claims)
    return next((reply for reply in replies if reply is not None), start.reply)


def _side_by_side(
    serve: Callable[[Claim], CaseForwarded | None], claims: Sequence[Claim]
) -> list[CaseForwarded | None]:
    """So that one that is slow or dead does not hold back the others."""
    if len(claims) <= 1:
        return [serve(claim) for claim in claims]
    with ThreadPoolExecutor(min(AT_ONCE, len(claims))) as threads:
        return list(threads.map(serve, claims))


def _start(event: Event, stores: Stores) -> _Start:
    stores.cases.lock(event.case_id)
    case = stores.cases.get(event.case_id)
    if event.round < case.round:
        return _Start()  # re-routed since; that round has its own event
    if not case.stage.comes_after(Stage.ROUTED) or case.tenant is None:
        return _Start()  # asked for before it was assigned: that event will come
    apply_receipts(stores, case.id)
    round_ = read_round(stores, case)
    answer = round_.answer_to(event)
    if answer is not None and round_.open_occasions():
        return _Start(reply=answer)  # what has happened since has its own event
    left_behind = tuple(stores.forwardings.left_behind(case.id, case.round))
    if stores.scans.holding(case.id):
        stores.cases.wake_at(case.id, None)  # whoever decides on its files wakes it
        return _Start(answer, left_behind=left_behind)
    plan(stores, case)
    due = stores.forwardings.claimable(case.id, case.round)
    claims = claim_all(due, event, stores, case)
    if answer is not None:
        wait(stores, case)
        return _Start(answer, claims, left_behind)
    return _Start(settle(stores, case, event), claims, left_behind)
