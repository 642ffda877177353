"""Who may get a case from a person, and the move."""

from collections.abc import Mapping
from datetime import UTC, datetime

from shared.adapters.memory.cases import InMemoryCases, InMemoryTasks
from shared.adapters.memory.routing import InMemoryRoutings, InMemoryRulebooks
from shared.domain.case import Case, LogEntry
from shared.domain.errors import NotReroutable, StaleCase
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, TenantId
from shared.domain.routing import RoutingDecision
from shared.domain.waking import CASE_STALLED


class InMemoryAuthorities:
    def __init__(self, tenants: Mapping[AuthorityId, TenantId]) -> None:
        self._tenants = tenants

    def tenant_of(self, authority: AuthorityId) -> TenantId | None:
        return self._tenants.get(authority)


class InMemoryReroutings:
    """Forwardings there are none."""

    def __init__(
        self,
        cases: InMemoryCases,
        routings: InMemoryRoutings,
        tasks: InMemoryTasks,
        authorities: InMemoryAuthorities,
        rulebooks: InMemoryRulebooks,
    ) -> None:
        self._cases = cases
        self._routings = routings
        self._tasks = tasks
        self._authorities = authorities
        self._rulebooks = rulebooks

    def save(
        self, case: Case, *, event: CaseRouted, entry: LogEntry, decision: RoutingDecision
    ) -> None:
        if self._cases.get(case.id).round + 1 != case.round:
            raise StaleCase(str(case.id))
        if not self._may_have(case):
            raise NotReroutable(str(case.authority))
        wake_at = None if case.rests else datetime.now(UTC)
        self._cases.save(case, entry=entry, event=event, wake_at=wake_at)
        self._routings.add(case.id, case.round, decision)
        self._tasks.close(CASE_STALLED, case.id)

    def _may_have(self, case: Case) -> bool:
        if case.authority is None or case.authority == CLEARING_OFFICE:
            return case.tenant is None
        declared = self._authorities.tenant_of(case.authority) == case.tenant
        return declared and case.tenant in self._rulebooks.for_case(case).tenants
