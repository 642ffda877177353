"""Two people want the same case at the same moment: one has it, the other is told so."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg
import pytest

from functions.assign.assignments import PostgresAssignments
from functions.assign.holding import claim
from functions.assign.stores import stores_over
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.actor import Actor
from shared.domain.assignment import Outcome
from shared.domain.case import Case
from shared.domain.errors import HeldByAnother, StaleCase
from shared.domain.identifiers import AccountId, CaseId
from tests.factories import a_case, an_entry, routed
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
PEOPLE = tuple(AccountId(name) for name in ("a-1", "b-2"))
CASES = 50


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    url = as_role(database_url, "lotse_operator")
    pool = open_pool(DatabaseSettings(database_url=url, database_pool_size=len(PEOPLE)))
    yield pool
    pool.close()


@pytest.fixture
def cases(conn: psycopg.Connection[Any]) -> list[Case]:
    """In a tray, where `recover` has to wake none of them."""
    stored = PostgresCases(conn, WAKE_AFTER)
    found = []
    for _ in range(CASES):
        event = routed(stored, a_case())
        case = stored.get(event.case_id).assigned_to(None, None)
        stored.save(case, entry=an_entry("case.assigned"))
        stored.wake_at(case.id, None)
        found.append(stored.get(case.id))
    conn.commit()
    return found


def test_of_two_who_claim_a_case_exactly_one_has_it(
    pool: Pool, cases: list[Case], conn: psycopg.Connection[Any]
) -> None:
    barrier = Barrier(len(PEOPLE), timeout=60)

    def race(account: AccountId) -> list[CaseId]:
        won = []
        for case in cases:
            barrier.wait()
            try:
                with transaction(pool) as one:
                    stores = stores_over(one, WAKE_AFTER)
                    claim(case.id, case.version, account, Actor.caseworker(account), stores)
            except (HeldByAnother, StaleCase):
                continue
            won.append(case.id)
        return won

    with ThreadPoolExecutor(len(PEOPLE)) as threads:
        won = dict(zip(PEOPLE, threads.map(race, PEOPLE), strict=True))

    assert sorted(won[PEOPLE[0]] + won[PEOPLE[1]]) == sorted(case.id for case in cases)
    for account, ids in won.items():
        for id_ in ids:
            assert PostgresCases(conn, WAKE_AFTER).get(id_).assignee == account
            ((_, decision),) = PostgresAssignments(conn).of_case(id_)
            assert (decision.outcome, decision.assignee) == (Outcome.CLAIMED, account)


def test_a_claim_leaves_alone_what_the_case_waits_for(
    pool: Pool, cases: list[Case], conn: psycopg.Connection[Any]
) -> None:
    case = cases[0]
    with transaction(pool) as one:
        actor = Actor.caseworker(PEOPLE[0])
        claim(case.id, case.version, PEOPLE[0], actor, stores_over(one, WAKE_AFTER))

    row = conn.execute(
        "SELECT stage, event_sequence, next_wake_at, wake_attempts FROM cases WHERE id = %s",
        [case.id],
    ).fetchone()
    assert row == (case.stage, case.event_sequence, None, 0)
