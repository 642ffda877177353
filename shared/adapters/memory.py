"""The ports in memory: for unit tests, under the same contract tests as the real adapters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case, LogEntry, Status
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.tenants import Tenant
from shared.domain.directory import (
    DirectoryExtract,
    Responsibility,
    Unit,
    broader_keys,
    single_keys,
)
from shared.domain.errors import (
    AlreadyStored,
    NotReroutable,
    StaleCase,
    Unavailable,
    UnknownCase,
    UnknownEvent,
)
from shared.domain.events import AWAITED, CaseRouted, Event
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AccountId,
    AuthorityId,
    CaseId,
    LeikaKey,
    RegionKey,
    TenantId,
    UnitId,
)
from shared.domain.locating import Match, locate, match
from shared.domain.malware import MalwareVerdict, ScanResult
from shared.domain.regions import Municipality, Place
from shared.domain.routing import RoutingDecision
from shared.domain.rulebook import Rulebook, TenantPolicy, TenantsRule, form_for
from shared.domain.submission import FormField
from shared.domain.task import Task
from shared.domain.waking import CASE_STALLED

E = TypeVar("E", bound=Event)


class InMemoryCases:
    def __init__(self, wake_after: timedelta = timedelta(minutes=1)) -> None:
        self._wake_after = wake_after
        self._cases: dict[CaseId, Case] = {}
        self._events: dict[CaseId, list[Event]] = {}
        self.log: dict[CaseId, list[LogEntry]] = {}
        self.wakes: dict[CaseId, datetime | None] = {}

    def get(self, case_id: CaseId) -> Case:
        if case_id not in self._cases:
            raise UnknownCase(str(case_id))
        return self._cases[case_id]

    def add(self, case: Case, *, event: Event, entry: LogEntry) -> Case:
        if case.id in self._cases:
            raise AlreadyStored(str(case.id))
        stored = case.model_copy(update={"sequence_number": 100_000 + len(self._cases)})
        self._cases[case.id] = stored
        self._events[case.id] = [event]
        self.log[case.id] = [entry]
        self.wakes[case.id] = datetime.now(UTC) + self._wake_after
        return stored

    def save(
        self,
        case: Case,
        *,
        entry: LogEntry,
        event: Event | None = None,
        wake_at: datetime | None = None,
    ) -> None:
        stored = self._cases.get(case.id)
        if stored is None or stored.version != case.version:
            raise StaleCase(str(case.id))
        if wake_at is None and not case.rests:
            wake_at = datetime.now(UTC) + self._wake_after
        self._cases[case.id] = case.model_copy(update={"version": case.version + 1})
        self.wakes[case.id] = wake_at
        self.log[case.id].append(entry)
        if event is not None:
            self._events[case.id].append(event)

    def event(self, case_id: CaseId, event_type: type[E], round_: int) -> E:
        for event in reversed(self._events.get(case_id, [])):
            if isinstance(event, event_type) and event.round == round_:
                return event
        raise UnknownEvent(f"{event_type.type} of {case_id}, round {round_}")

    def last_event(self, case_id: CaseId) -> Event:
        if case_id not in self._events:
            raise UnknownCase(str(case_id))
        return next(each for each in reversed(self._events[case_id]) if isinstance(each, AWAITED))

    def all(self) -> list[Case]:
        return list(self._cases.values())


class InMemoryTasks:
    def __init__(self) -> None:
        self._open: dict[tuple[str, CaseId | None, str], Task] = {}

    def open(self, kind: str, case_id: CaseId | None, reason: str, subject: str = "") -> bool:
        key = (kind, case_id, subject)
        if key in self._open:
            return False
        self._open[key] = Task(
            id=uuid4(),
            kind=kind,
            case_id=case_id,
            subject=subject,
            reason=reason,
            opened_at=datetime.now(UTC),
        )
        return True

    def close(self, kind: str, case_id: CaseId | None, subject: str = "") -> bool:
        return self._open.pop((kind, case_id, subject), None) is not None

    def all_open(self) -> list[Task]:
        return list(self._open.values())


class InMemoryAuthorityDirectory:
    """`named` says what a sender's unit stands for. `version` 0: none is active yet."""

    def __init__(
        self,
        held: Collection[Responsibility] = (),
        named: Mapping[UnitId, Collection[Unit]] | None = None,
        services: Mapping[LeikaKey, str] | None = None,
        municipalities: Collection[Municipality] = (),
        postcodes: Mapping[str, Collection[RegionKey]] | None = None,
        states: Collection[RegionKey] = (),
        version: int = 1,
    ) -> None:
        self._held = held
        self._named = named or {}
        self._services = services or {}
        self._municipalities = municipalities
        self._postcodes = postcodes or {}
        self._states = states
        self._version = version

    def look_up(
        self, keys: Sequence[LeikaKey], place: Place, unit: UnitId | None, on: date
    ) -> DirectoryExtract:
        if self._version == 0:
            raise Unavailable("no authority directory is active")
        is_listed = place.region is not None and place.region[:2] in self._states
        location = locate(place, self._matches(place), state_is_listed=is_listed)
        named = tuple(self._named.get(unit, ())) if unit is not None else ()
        services = {broader for key in keys for broader in broader_keys(key)}
        asked = [entry for entry in self._held if entry.leika_key in services]
        if location.municipalities:
            areas = {area for each in location.municipalities for area in each.areas()}
            found = [entry for entry in asked if entry.region in areas]
        else:
            ids = {each.id for each in named}
            own = (each for each in asked if {each.unit.id, each.unit.authority} & ids)
            found = _one_for_all_regions(own)
        return DirectoryExtract(
            version=self._version,
            name="in memory",
            location=location,
            named=named,
            responsibilities=tuple(dict.fromkeys(found)),
            services={key: self._services[key] for key in keys if key in self._services},
        )

    def _matches(self, place: Place) -> Iterable[Match]:
        posted = self._postcodes.get(place.postcode or "", ())
        return (match(place, each, each.ars in posted) for each in self._municipalities)


def _one_for_all_regions(entries: Iterable[Responsibility]) -> list[Responsibility]:
    first: dict[Responsibility, Responsibility] = {}
    for entry in sorted(entries, key=lambda entry: entry.region):
        first.setdefault(entry.model_copy(update={"region": ""}), entry)
    return list(first.values())


class InMemoryRulebooks:
    def __init__(
        self,
        tenants: Collection[Tenant] = (),
        rules: Collection[TenantsRule] = (),
        forms: Collection[Form] = (),
    ) -> None:
        self._tenants = tenants
        self._rules = rules
        self._forms = forms

    def for_case(self, case: Case) -> Rulebook:
        tenants = {
            TenantId(tenant.id): TenantPolicy(tenant.precedence, tenant.not_responsible)
            for tenant in self._tenants
            if case.sender in tenant.senders
        }
        rules = [
            each
            for each in self._rules
            if each.tenant in tenants
            and each.rule.form in (None, case.form_id)
            and _is_for_a_service(each.rule, case)
        ]
        return Rulebook(
            tenants=tenants,
            rules=tuple(sorted(rules, key=lambda each: (each.tenant, each.rule.id))),
            form=form_for(self._forms, case.form_id, case.sender),
        )


def _is_for_a_service(rule: RoutingRule, case: Case) -> bool:
    prefix = rule.leika_prefix
    return prefix is None or any(key.startswith(prefix) for key in single_keys(case.leika_keys))


class InMemoryFormFields:
    def __init__(self, fields: Mapping[CaseId, tuple[FormField, ...]]) -> None:
        self._fields = fields

    def of(self, case_id: CaseId) -> tuple[FormField, ...]:
        if case_id not in self._fields:
            raise UnknownCase(str(case_id))
        return self._fields[case_id]


class InMemoryRoutings:
    def __init__(self) -> None:
        self._decisions: dict[tuple[CaseId, int], RoutingDecision] = {}

    def add(self, case_id: CaseId, round_: int, decision: RoutingDecision) -> None:
        self._decisions[case_id, round_] = decision

    def get(self, case_id: CaseId, round_: int) -> RoutingDecision | None:
        return self._decisions.get((case_id, round_))


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


class InMemoryCaseworkerDirectory:
    """Without `members`: it does not answer."""

    def __init__(self, members: Mapping[Target, Members] | None = None) -> None:
        self._members = members
        self.asked: list[Target] = []

    def members(self, directory: Directory, target: Target) -> Members | None:
        if self._members is None:
            raise Unavailable(f"directory {directory.id} does not answer")
        self.asked.append(target)
        return self._members.get(target)


class InMemoryAssignments:
    """One thread only: everyone has the turn at once."""

    def __init__(self, cases: InMemoryCases) -> None:
        self._cases = cases
        self._decisions: dict[tuple[CaseId, int], AssignmentDecision] = {}

    def wait_for_turn(self, target: Target) -> None:
        pass

    def open_cases(self, accounts: Collection[AccountId]) -> Mapping[AccountId, int]:
        open_ = {Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS}
        held = [case.assignee for case in self._cases.all() if case.status in open_]
        return {account: held.count(account) for account in accounts}

    def add(self, case_id: CaseId, round_: int, decision: AssignmentDecision) -> None:
        self._decisions[case_id, round_] = decision

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        return self._decisions.get((case_id, round_))


class InMemoryScanner:
    """Knows malware by a piece of its bytes; `limit` is the most it takes. Without signatures:
    it is away."""

    def __init__(self, signatures: Mapping[bytes, str] | None, limit: int = 1024 * 1024) -> None:
        self._signatures = signatures
        self._limit = limit

    def ping(self) -> None:
        if self._signatures is None:
            raise Unavailable("scanner does not answer")

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        self.ping()
        seen = b""
        for piece in pieces:
            seen += piece
            if len(seen) > self._limit:
                return ScanResult(verdict=MalwareVerdict.NOT_SCANNABLE, code="too_large")
        for known, name in (self._signatures or {}).items():
            if known in seen:
                return ScanResult(verdict=MalwareVerdict.INFECTED, code=name)
        return ScanResult(verdict=MalwareVerdict.CLEAN)
