"""What every adapter promises that says who holds a case, run against each of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from functions.assign.consent import Consent
from functions.assign.holdings import PostgresConsents, PostgresHoldings
from functions.assign.ports import Consents, Holdings
from shared.adapters.memory import InMemoryCases
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case, Status
from shared.domain.errors import StaleCase
from shared.domain.identifiers import AccountId, TenantId, UnitId
from shared.ports import Cases
from tests.assigning import InMemoryConsents, InMemoryHoldings
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, an_entry, routed
from tests.roles import as_role

ANNA, BERND = (AccountId(name) for name in ("a-1", "b-2"))
UNIT = UnitId("u-1")


@dataclass(frozen=True)
class Stored:
    cases: Cases
    holdings: Holdings
    consents: Consents
    commit: Callable[[], None]

    def held_by(
        self, account: AccountId | None, authority: Any = TRADE_OFFICE, **more: Any
    ) -> Case:
        case = self.cases.get(routed(self.cases, a_case(**more), authority).case_id)
        self.cases.save(case.assigned_to(UNIT, account), entry=an_entry("case.assigned"))
        self.commit()
        return self.cases.get(case.id)


@pytest.fixture(params=["memory", "lotse_assign", "lotse_operator"])
def store(request: pytest.FixtureRequest) -> Iterator[Stored]:
    if request.param == "memory":
        in_memory = InMemoryCases()
        yield Stored(
            in_memory, InMemoryHoldings(in_memory), InMemoryConsents(), commit=lambda: None
        )
        return
    conn: psycopg.Connection[Any] = request.getfixturevalue("conn")
    url = as_role(request.getfixturevalue("database_url"), request.param)
    with psycopg.connect(url, autocommit=True) as theirs:
        cases = PostgresCases(conn, timedelta(minutes=1))
        yield Stored(cases, PostgresHoldings(theirs), PostgresConsents(theirs), conn.commit)


def test_holders_are_those_who_have_open_cases_of_these_authorities(store: Stored) -> None:
    for account in (BERND, ANNA, ANNA, None):
        store.held_by(account)
    store.held_by(AccountId("c-3"), BUILDING_OFFICE)
    store.held_by(AccountId("d-4"), status=Status.DECIDED)

    holders = store.holdings.holders

    assert holders(TENANT, [TRADE_OFFICE]) == [ANNA, BERND]
    assert holders(TENANT, [TRADE_OFFICE, BUILDING_OFFICE]) == [ANNA, BERND, "c-3"]
    assert holders(TenantId("another"), [TRADE_OFFICE]) == []


def test_held_are_the_open_ones_of_these_authorities(store: Stored) -> None:
    cases = [store.held_by(ANNA, status=status) for status in Status]
    store.held_by(ANNA, BUILDING_OFFICE)
    store.held_by(BERND)

    found = store.holdings.held_by(ANNA, TENANT, [TRADE_OFFICE])

    assert sorted(found) == sorted(case.id for case in cases if case.status.is_open)
    assert store.holdings.held_by(ANNA, TenantId("another"), [TRADE_OFFICE]) == []


def test_a_case_changes_hands_and_nothing_else_of_it_changes(store: Stored) -> None:
    case = store.held_by(ANNA)
    # What is no matter of who holds it: another one might have gone on with it from older values.
    moved = case.forwarded().held_by(None, BERND)

    store.holdings.save(moved, entry=an_entry("case.reassigned"))
    store.commit()

    expected = case.held_by(None, BERND).model_copy(update={"version": case.version + 1})
    assert store.cases.get(case.id) == expected


def test_who_has_seen_an_older_one_changes_nothing(store: Stored) -> None:
    case = store.held_by(ANNA)
    store.holdings.save(case.held_by(UNIT, BERND), entry=an_entry("case.reassigned"))

    with pytest.raises(StaleCase):
        store.holdings.save(case.held_by(UNIT, None), entry=an_entry("case.released"))

    store.commit()
    assert store.cases.get(case.id).assignee == BERND


@pytest.mark.parametrize("store", ["memory", "lotse_operator"], indirect=True)
def test_of_a_cases_consents_the_last_one_stays_until_it_is_removed(store: Stored) -> None:
    case = store.held_by(ANNA)
    to_anybody, to_bernd = Consent(case.id, 1, ANNA), Consent(case.id, 1, ANNA, BERND)
    store.consents.put(to_anybody)
    store.consents.put(to_bernd)

    assert store.consents.get(case.id) == to_bernd
    store.consents.remove(case.id)
    assert store.consents.get(case.id) is None
    store.consents.remove(case.id)
