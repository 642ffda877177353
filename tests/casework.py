"""Everything that assign talks to, in memory: a team of an authority, and its directory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.assign.assign import assign
from functions.assign.ports import AskingOf, Stores
from functions.assign.rules import TenantRules
from shared.adapters.memory import (
    InMemoryAssignments,
    InMemoryCases,
    InMemoryCaseworkerDirectory,
    InMemoryNoticeBox,
    InMemoryOwnSettings,
)
from shared.domain.assignment import AssignmentDecision
from shared.domain.caseworkers import Absence, Account, Members, OwnSetting, Target, TargetKind
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import AccountId, CaseId, TenantId, UnitId
from tests.assigning import InMemoryParticulars, asking, stores_in_memory
from tests.factories import TENANT, TRADE_OFFICE, a_case, routed

ANNA, BERND, CARLA, DORA = (AccountId(name) for name in ("a-1", "b-2", "c-3", "d-4"))
UNIT, OTHER_UNIT = UnitId("u-1"), UnitId("u-2")
GROUP, OTHER_GROUP = "CN=Gewerbe,DC=amt,DC=example", "CN=Ordnung,DC=amt,DC=example"
TARGET = Target(kind=TargetKind.GROUP, dn=GROUP)
OTHER = Target(kind=TargetKind.GROUP, dn=OTHER_GROUP)
EVER = datetime(2020, 1, 1, tzinfo=UTC)


def a_directory(**changes: Any) -> Directory:
    return Directory.model_validate(
        {
            "id": "ad",
            "kind": "active_directory",
            "servers": ["ldaps://dc1.amt.example"],
            "base": "DC=amt,DC=example",
            "bind_dn": "CN=svc,DC=amt,DC=example",
            "password": "env:LDAP_PASSWORD",
            "authorities": [TRADE_OFFICE],
            **changes,
        }
    )


def a_rule(**changes: Any) -> AssignmentRule:
    return AssignmentRule.model_validate(
        {"id": "gewerbe", "authority": TRADE_OFFICE, "group": GROUP, **changes}
    )


def away(id_: AccountId, **more: Any) -> Account:
    return Account(id=id_, absences=(Absence(starts_at=EVER),), **more)


def team(*accounts: AccountId | Account, unreadable: int = 0, unit: UnitId = UNIT) -> Members:
    return Members(
        unit=unit,
        accounts=tuple(a if isinstance(a, Account) else Account(id=a) for a in accounts),
        unreadable=unreadable,
    )


class World:
    def __init__(
        self,
        members: Members | None = None,
        rules: tuple[AssignmentRule, ...] = (a_rule(),),
        directories: tuple[Directory, ...] = (a_directory(),),
        *,
        others: Members | None = None,
        people: Mapping[str, Account] | None = None,
        own: Mapping[AccountId, OwnSetting] | None = None,
        authorities: tuple[Authority, ...] = (),
    ) -> None:
        cases = InMemoryCases()
        self.cases, self.assignments = cases, InMemoryAssignments(cases)
        self.particulars, self.notices = InMemoryParticulars(), InMemoryNoticeBox()
        self.stores = replace(
            stores_in_memory(),
            cases=cases,
            assignments=self.assignments,
            own_settings=InMemoryOwnSettings(own),
            particulars=self.particulars,
            notices=self.notices,
        )
        answers = {TARGET: members, OTHER: others}
        self.directory = InMemoryCaseworkerDirectory(
            {target: found for target, found in answers.items() if found is not None}, people
        )
        self.rules = {TENANT: TenantRules(directories, rules, authorities)}
        self.asking: Callable[[], AskingOf] = lambda: asking(self.directory)
        self.later = timedelta()

    def assign(self, event: CaseRouted) -> CaseAssigned | None:
        return assign(event, self.rules_of, self.asking(), self.transactions, self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def rules_of(self, tenant: TenantId) -> TenantRules:
        return self.rules[tenant]

    @contextmanager
    def transactions(self) -> Iterator[Stores]:
        yield self.stores

    def decided(self, **of_the_case: Any) -> AssignmentDecision:
        event = routed(self.cases, a_case(**of_the_case))
        self.assign(event)
        return self.decision(event.case_id)

    def decision(self, case_id: CaseId) -> AssignmentDecision:
        decision = self.assignments.get(case_id, self.cases.get(case_id).round)
        assert decision is not None
        return decision
