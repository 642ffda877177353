"""What a routing decision asks, and where it is kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from shared.domain.case import Case
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
from shared.domain.errors import Unavailable, UnknownCase
from shared.domain.identifiers import CaseId, LeikaKey, RegionKey, TenantId, UnitId
from shared.domain.locating import Match, locate, match
from shared.domain.regions import Municipality, Place
from shared.domain.routing import RoutingDecision
from shared.domain.rulebook import Rulebook, TenantPolicy, TenantsRule, form_for
from shared.domain.submission import FormField


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
