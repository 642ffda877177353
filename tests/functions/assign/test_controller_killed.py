"""The domain controller is killed while cases are assigned: none is lost, none waits for good."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any

import psycopg
import pytest

from functions.assign.answers import Answers
from functions.assign.assign import assign
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.pauses import PAUSE_SECONDS
from functions.assign.ports import Stores
from functions.assign.rules import TenantRules
from functions.assign.stores import stores_over
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.assignment import Outcome
from shared.domain.case import Stage
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.errors import Unavailable
from shared.domain.events import CaseAssigned, CaseRouted
from tests.directories import municipality as amt
from tests.directories.samba import SambaServer
from tests.factories import TRADE_OFFICE, a_case, routed
from tests.functions.assign.directories import PASSWORD, at
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
CASES, REPLICAS, KILLED_AFTER = 100, 8, 30
RULE = AssignmentRule(id="gewerbe", authority=TRADE_OFFICE, unit=amt.TRADE)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    url = as_role(database_url, "lotse_assign")
    pool = open_pool(DatabaseSettings(database_url=url, database_pool_size=REPLICAS))
    yield pool
    pool.close()


@pytest.fixture
def events(conn: psycopg.Connection[Any]) -> list[CaseRouted]:
    events = [routed(PostgresCases(conn, WAKE_AFTER), a_case()) for _ in range(CASES)]
    conn.commit()
    return events


class Function:
    """As the broker sees it: an event is taken, or has to come again."""

    def __init__(
        self, pool: Pool, server: SambaServer, pause_seconds: float = PAUSE_SECONDS, **declared: Any
    ) -> None:
        directory = at(
            server.tls_url,
            ca_file=str(server.ca_file),
            mapping={},
            base=server.base,
            bind_dn=server.bind_dn,
            fresh_seconds=0,
            **declared,
        )
        self._rules = TenantRules(directories=(directory,), rules=(RULE,))
        self._pool = pool
        self._over_ldap = LdapCaseworkerDirectory()
        kept = PostgresKeptAnswers(lambda: transaction(pool))
        self._answers = Answers(self._over_ldap, kept, pause_seconds)
        self._lock = Lock()
        self.taken = 0

    @contextmanager
    def transactions(self) -> Iterator[Stores]:
        with transaction(self._pool) as conn:
            yield stores_over(conn, WAKE_AFTER)

    def take(self, event: CaseRouted) -> CaseAssigned | None:
        """None if it has to come again."""
        try:
            reply = assign(event, lambda _: self._rules, self._answers.of, self.transactions)
        except Unavailable:
            return None
        with self._lock:
            self.taken += 1
        return reply

    def close(self) -> None:
        self._over_ldap.close()


def outcomes(conn: psycopg.Connection[Any]) -> Counter[str]:
    rows = conn.execute("SELECT decision ->> 'outcome' FROM assignments").fetchall()
    return Counter(outcome for (outcome,) in rows)


@pytest.mark.parametrize(
    ("declared", "afterwards"),
    [
        ({}, Outcome.LEAST_OPEN_CASES),
        ({"last_good_minutes": 0, "give_up_after_minutes": 0}, Outcome.DIRECTORY_AWAY),
    ],
    ids=["the last good answer counts", "nothing recent is known"],
)
def test_killed_in_the_middle_of_a_hundred_all_end_assigned_or_in_a_tray(
    declared: dict[str, Any],
    afterwards: Outcome,
    own_samba_server: SambaServer,
    pool: Pool,
    events: list[CaseRouted],
    conn: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD, own_samba_server.password)
    function = Function(pool, own_samba_server, **declared)

    def take(number: int) -> CaseAssigned | None:
        if number == KILLED_AFTER:
            own_samba_server.kill()
        return function.take(events[number])

    with ThreadPoolExecutor(REPLICAS) as threads:
        replies = list(threads.map(take, range(CASES)))
    function.close()

    assert [reply for reply in replies if reply is None] == []
    stages = conn.execute("SELECT stage, count(*) FROM cases GROUP BY stage").fetchall()
    assert stages == [(Stage.ASSIGNED, CASES)]
    counted = outcomes(conn)
    assert counted.total() == CASES
    assert counted.keys() <= {Outcome.LEAST_OPEN_CASES, afterwards}
    after = conn.execute(
        "SELECT decision ->> 'outcome', decision ->> 'answer_from' IS NOT NULL FROM assignments"
        " WHERE case_id = %s",
        [events[-1].case_id],
    ).fetchone()
    assert after == (afterwards, afterwards is Outcome.LEAST_OPEN_CASES)


def test_what_had_to_come_again_is_assigned_when_the_controller_is_back(
    own_samba_server: SambaServer,
    pool: Pool,
    events: list[CaseRouted],
    conn: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD, own_samba_server.password)
    function = Function(pool, own_samba_server, pause_seconds=0, last_good_minutes=0)
    own_samba_server.kill()
    assert function.take(events[0]) is None

    own_samba_server.start()
    reply = function.take(events[0])
    function.close()

    assert reply is not None
    assert reply.assignee is not None
