"""Which events make a case due where, and which of them are answered already."""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.forward.ports import Stores
from shared.domain.case import Case
from shared.domain.configuration.destinations import Destination, When
from shared.domain.errors import UnknownEvent
from shared.domain.events import (
    CaseAssigned,
    CaseClosed,
    CaseDecided,
    CaseForwarded,
    CaseForwardingRequested,
    Event,
)
from shared.domain.forwarding import Forwarding, forwarding_id, message_id
from shared.domain.identifiers import DestinationId

OCCASIONS: dict[type[Event], When] = {
    CaseAssigned: When.ON_ASSIGNMENT,
    CaseForwardingRequested: When.ON_REQUEST,
    CaseDecided: When.ON_DECISION,
    CaseClosed: When.ON_CLOSING,
}


@dataclass(frozen=True, slots=True)
class Round:
    """What happened in the case's current round, as far as forward is concerned."""

    history: list[Event]

    def answer_to(self, event: Event) -> CaseForwarded | None:
        """The event that said that all was forwarded. Raise UnknownEvent if it is not the case's.

        One answer may stand for several occasions, but the same occasion always gets the same.
        """
        if all(known.id != event.id for known in self.history):
            raise UnknownEvent(f"{event.type} {event.id} of {event.case_id}")
        for known in self.history:
            if isinstance(known, CaseForwarded) and known.sequence > event.sequence:
                return known
        return None

    def open_occasions(self) -> list[Event]:
        """Those that nothing has answered yet."""
        last = max((e.sequence for e in self.history if isinstance(e, CaseForwarded)), default=0)
        return [e for e in self.history if type(e) in OCCASIONS and e.sequence > last]


def read_round(stores: Stores, case: Case) -> Round:
    return Round(stores.events.in_round(case.id, case.round, (*OCCASIONS, CaseForwarded)))


def plan(stores: Stores, case: Case) -> bool:
    """Plan what has happened and is not planned yet; each occasion once, with the configuration of
    that moment. Under the lock on the case. False if all that happened is answered."""
    occasions = read_round(stores, case).open_occasions()
    if not occasions or case.tenant is None:
        return False
    planned = stores.forwardings.occasions(case.id, case.round)
    missing = [occasion for occasion in occasions if occasion.id not in planned]
    if missing:
        destinations = stores.destinations.of_tenant(case.tenant)
        for occasion in missing:
            chosen = due_at(occasion, case, destinations)
            stores.forwardings.plan([_forwarding(case, occasion, id_) for id_ in chosen])
    return True


def due_at(occasion: Event, case: Case, destinations: Iterable[Destination]) -> list[DestinationId]:
    """A destination that a person asks for is planned in any case: if it cannot take this one,
    that person hears of it."""
    if isinstance(occasion, CaseForwardingRequested):
        return [occasion.destination]
    when = OCCASIONS[type(occasion)]
    return [DestinationId(d.id) for d in destinations if d.when is when and d.takes(case)]


def _forwarding(case: Case, occasion: Event, destination: DestinationId) -> Forwarding:
    assert case.tenant is not None and case.authority is not None  # noqa: S101, PT018 - assigned
    id_ = forwarding_id(case.id, case.round, destination, occasion.id)
    message = message_id(id_)
    return Forwarding(
        id=id_,
        case_id=case.id,
        round=case.round,
        tenant=case.tenant,
        destination=destination,
        authority=case.authority,
        occasion=occasion.id,
        occasion_type=occasion.type,
        occasion_at=occasion.time,
        window_from=occasion.time,
        due_at=occasion.time,
        message_id=message,
        message_key=f"messages/{message}",
    )
