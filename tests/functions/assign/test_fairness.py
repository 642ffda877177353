"""Many cases at once, on several replicas: each is assigned once, and everyone gets their share."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest

from functions.assign.assign import assign
from functions.assign.assignments import PostgresAssignments
from functions.assign.ports import Stores
from functions.assign.rules import TenantRules
from functions.assign.stores import stores_over
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.assignment import AssignmentDecision
from shared.domain.caseworkers import Account, Members, Target, TargetKind
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.errors import Unavailable
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import AccountId, TenantId, UnitId
from shared.ports import CaseworkerDirectory
from tests.assigning import asking
from tests.factories import TENANT, TRADE_OFFICE, a_case, routed
from tests.functions.assign.directories import at
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
CASES, MEMBERS, REPLICAS = 200, 5, 8
GROUP, SMALL_GROUP = "CN=Gewerbe,DC=amt", "CN=Hafen,DC=amt"
TARGET, SMALL = (Target(kind=TargetKind.GROUP, dn=dn) for dn in (GROUP, SMALL_GROUP))
ACCOUNTS = tuple(Account(id=AccountId(f"a-{number}")) for number in range(MEMBERS))
TEAM = Members(unit=UnitId("u-1"), accounts=ACCOUNTS)
ANSWERS = {TARGET: TEAM, SMALL: Members(unit=UnitId("u-2"), accounts=ACCOUNTS[3:])}
RULES = TenantRules(
    directories=(at("ldap://unused"),),
    rules=(
        AssignmentRule(id="gewerbe", authority=TRADE_OFFICE, group=GROUP),
        AssignmentRule(id="hafen", authority=TRADE_OFFICE, form="Hafen", group=SMALL_GROUP),
    ),
)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    settings = DatabaseSettings(
        database_url=as_role(database_url, "lotse_assign"), database_pool_size=REPLICAS
    )
    pool = open_pool(settings)
    yield pool
    pool.close()


@pytest.fixture
def events(conn: psycopg.Connection[Any]) -> list[CaseRouted]:
    return routed_cases(conn, CASES)


def routed_cases(conn: psycopg.Connection[Any], count: int, **of_them: Any) -> list[CaseRouted]:
    events = [routed(PostgresCases(conn, WAKE_AFTER), a_case(**of_them)) for _ in range(count)]
    conn.commit()
    return events


class Replicas:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def assign(
        self, event: CaseRouted, directory: CaseworkerDirectory | None = None
    ) -> CaseAssigned | None:
        in_memory = InMemoryCaseworkerDirectory(ANSWERS)
        return assign(event, self._rules_of, asking(directory or in_memory), self._transactions)

    def _rules_of(self, tenant: TenantId) -> TenantRules:
        return RULES

    @contextmanager
    def _transactions(self) -> Iterator[Stores]:
        with transaction(self._pool) as conn:
            yield stores_over(conn, WAKE_AFTER)


def in_parallel(replicas: Replicas, events: list[CaseRouted]) -> list[CaseAssigned | None]:
    with ThreadPoolExecutor(REPLICAS) as threads:
        return list(threads.map(replicas.assign, events))


def test_cases_that_come_at_once_are_shared_fairly(
    pool: Pool, events: list[CaseRouted], conn: psycopg.Connection[Any]
) -> None:
    replies = in_parallel(Replicas(pool), events)

    shares = Counter(reply.assignee for reply in replies if reply is not None)
    assert sorted(shares.values()) == [CASES // MEMBERS] * MEMBERS
    assert shares_in(conn) == shares


def test_people_of_two_groups_get_no_more_than_the_others(
    pool: Pool, conn: psycopg.Connection[Any]
) -> None:
    """Two of the five are also in the small group, which alone takes every fourth case."""
    events = []
    for _ in range(20):
        events += routed_cases(conn, 1, form_id="Hafen") + routed_cases(conn, 3)
    events += routed_cases(conn, 20)

    in_parallel(Replicas(pool), events)

    shares = shares_in(conn)
    assert sum(shares.values()) == 100
    assert max(shares.values()) - min(shares.values()) <= 1
    # Whoever got a case had been counted with all those before it, whichever group they came by.
    counted = Counter(
        (decision.assignee, candidate.open_cases)
        for decision in decisions_in(conn)
        for candidate in decision.candidates
        if candidate.account == decision.assignee
    )
    assert counted == {(who, n): 1 for who, share in shares.items() for n in range(share)}


def decisions_in(conn: psycopg.Connection[Any]) -> list[AssignmentDecision]:
    rows = conn.execute("SELECT decision FROM assignments").fetchall()
    return [AssignmentDecision.model_validate(decision) for (decision,) in rows]


def shares_in(conn: psycopg.Connection[Any]) -> dict[str, int]:
    rows = conn.execute("SELECT assignee, count(*) FROM cases GROUP BY assignee").fetchall()
    return dict(rows)


def test_of_several_replicas_with_the_same_event_one_assigns_and_all_say_the_same(
    pool: Pool, events: list[CaseRouted], conn: psycopg.Connection[Any]
) -> None:
    waiting = Waiting(REPLICAS)
    replicas = Replicas(pool)

    with ThreadPoolExecutor(REPLICAS) as threads:
        replies = list(
            threads.map(lambda event: replicas.assign(event, waiting), [events[0]] * REPLICAS)
        )

    counted = conn.execute(
        "SELECT count(*) FROM events WHERE type = %s", [CaseAssigned.type]
    ).fetchone()
    assert all(reply == replies[0] for reply in replies)
    assert replies[0] is not None
    assert counted == (1,)


class Waiting(InMemoryCaseworkerDirectory):
    """Answers when all have asked: then each has seen the case as not assigned yet."""

    def __init__(self, askers: int) -> None:
        super().__init__({TARGET: TEAM})
        self._barrier = Barrier(askers, timeout=60)

    def members(self, directory: Any, target: Target) -> Members | None:
        self._barrier.wait()
        return super().members(directory, target)


def test_whoever_keeps_the_turn_too_long_makes_others_try_later(
    pool: Pool, events: list[CaseRouted], conn: psycopg.Connection[Any]
) -> None:
    PostgresAssignments(conn).wait_for_turn(TENANT, "ad")

    with pytest.raises(Unavailable, match="55P03"):
        Replicas(pool).assign(events[0])

    conn.rollback()
    assert Replicas(pool).assign(events[0]) is not None
