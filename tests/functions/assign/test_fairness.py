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
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.caseworkers import Account, Members, Target, TargetKind
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.errors import Unavailable
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import AccountId, TenantId, UnitId
from shared.ports import CaseworkerDirectory
from tests.factories import TRADE_OFFICE, a_case, routed
from tests.functions.assign.directories import at
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
CASES, MEMBERS, REPLICAS = 40, 3, 8
GROUP = "CN=Gewerbe,DC=amt"
TARGET = Target(kind=TargetKind.GROUP, dn=GROUP)
TEAM = Members(
    unit=UnitId("u-1"),
    accounts=tuple(Account(id=AccountId(f"a-{number}")) for number in range(MEMBERS)),
)
RULES = TenantRules(
    directories=(at("ldap://unused"),),
    rules=(AssignmentRule(id="gewerbe", authority=TRADE_OFFICE, group=GROUP),),
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
    events = [routed(PostgresCases(conn, WAKE_AFTER), a_case()) for _ in range(CASES)]
    conn.commit()
    return events


class Replicas:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def assign(
        self, event: CaseRouted, directory: CaseworkerDirectory | None = None
    ) -> CaseAssigned | None:
        in_memory = InMemoryCaseworkerDirectory({TARGET: TEAM})
        return assign(event, self._rules_of, directory or in_memory, self._transactions)

    def _rules_of(self, tenant: TenantId) -> TenantRules:
        return RULES

    @contextmanager
    def _transactions(self) -> Iterator[Stores]:
        with transaction(self._pool) as conn:
            yield Stores(PostgresCases(conn, WAKE_AFTER), PostgresAssignments(conn))


def in_parallel(replicas: Replicas, events: list[CaseRouted]) -> list[CaseAssigned | None]:
    with ThreadPoolExecutor(REPLICAS) as threads:
        return list(threads.map(replicas.assign, events))


def test_cases_that_come_at_once_are_shared_fairly(
    pool: Pool, events: list[CaseRouted], conn: psycopg.Connection[Any]
) -> None:
    replies = in_parallel(Replicas(pool), events)

    shares = Counter(reply.assignee for reply in replies if reply is not None)
    stored = dict(conn.execute("SELECT assignee, count(*) FROM cases GROUP BY assignee").fetchall())
    assert sorted(shares.values()) == [13, 13, 14]
    assert stored == shares


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
    PostgresAssignments(conn).wait_for_turn(TARGET)

    with pytest.raises(Unavailable, match="55P03"):
        Replicas(pool).assign(events[0])

    conn.rollback()
    assert Replicas(pool).assign(events[0]) is not None
