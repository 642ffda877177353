"""What re-routing asks of the case store, beside the ports it shares with other use cases."""

from dataclasses import dataclass
from typing import Protocol

from shared.domain.case import Case, LogEntry
from shared.domain.events import CaseRouted
from shared.domain.identifiers import AuthorityId, TenantId
from shared.domain.routing import RoutingDecision
from shared.ports import Cases, Routings, Rulebooks


class Authorities(Protocol):
    def tenant_of(self, authority: AuthorityId) -> TenantId | None:
        """Whoever has declared it; None if nobody has."""
        ...


class Reroutings(Protocol):
    def save(
        self, case: Case, *, event: CaseRouted, entry: LogEntry, decision: RoutingDecision
    ) -> None:
        """Store a new round, as `Case.rerouted_to` begins it, with all that belongs to it.

        The case is woken at once, unless people have to route it. What was to be forwarded in
        earlier rounds and is not accepted yet is superseded; its tasks, and the one that the case
        stalls, are closed. Raise StaleCase if the case changed since it was read, NotReroutable if
        no tenant that takes applications from its sender has declared the authority.
        """
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: Cases
    routings: Routings
    rulebooks: Rulebooks
    authorities: Authorities
    reroutings: Reroutings
