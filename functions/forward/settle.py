"""Where a case stands after an attempt: forwarded, due again, or waiting."""

from functions.forward.due import plan
from functions.forward.ports import Stores
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.events import CaseForwarded, Event

FORWARD = Actor.system("forward")


def settle(stores: Stores, case: Case, cause: Event) -> CaseForwarded | None:
    """Under the lock on the case. The event, if nothing is open any more."""
    if not plan(stores, case) or stores.forwardings.unsettled(case.id, case.round):
        wait(stores, case)
        return None
    destinations = stores.forwardings.accepted(case.id, case.round)
    case, reply = case.forwarded().announce(CaseForwarded, cause=cause, destinations=destinations)
    details = {"round": case.round, "destinations": list(destinations)}
    entry = LogEntry(actor=FORWARD, action="case.forwarded", details=details)
    stores.cases.save(case, entry=entry, event=reply)
    return reply


def wait(stores: Stores, case: Case) -> None:
    """It is woken when the next attempt is due; not while it waits for a person."""
    held = stores.scans.holding(case.id)
    due = None if held else stores.forwardings.next_due(case.id, case.round)
    stores.cases.wake_at(case.id, due)
