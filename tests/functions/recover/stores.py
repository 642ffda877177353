"""The tables as recover reaches them: with its own role, each block a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg

from functions.recover.ports import Stores, Transactions
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.scans import PostgresScans
from shared.adapters.postgres.tasks import PostgresTasks
from shared.adapters.postgres.uploads import PostgresUploads
from shared.adapters.postgres.wakes import PostgresWakes
from shared.domain.case import Case
from tests.factories import a_case, stored
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)


def transactions_of(database_url: str, wake_after: timedelta = WAKE_AFTER) -> Transactions:
    @contextmanager
    def transactions() -> Iterator[Stores]:
        with psycopg.connect(as_role(database_url, "lotse_recover")) as conn:
            yield Stores(
                wakes=PostgresWakes(conn, wake_after),
                events=PostgresEvents(conn),
                tasks=PostgresTasks(conn),
                dead_letters=PostgresDeadLetters(conn),
                uploads=PostgresUploads(conn),
                scans=PostgresScans(conn),
                cases=PostgresCases(conn, wake_after),
                log=PostgresCaseLog(conn),
            )

    return transactions


def a_due_case(conn: psycopg.Connection[Any], minutes: int = 1, attempts: int = 0) -> Case:
    """Stored and committed, and due for so long."""
    case = stored(PostgresCases(conn, WAKE_AFTER), a_case())
    conn.execute(
        "UPDATE cases SET next_wake_at = now() - %s, wake_attempts = %s WHERE id = %s",
        [timedelta(minutes=minutes), attempts, case.id],
    )
    conn.commit()
    return case


def waking(conn: psycopg.Connection[Any], case: Case) -> tuple[timedelta | None, int]:
    """In how long the case is woken next, and how often it was."""
    row = conn.execute(
        "SELECT next_wake_at - clock_timestamp(), wake_attempts FROM cases WHERE id = %s", [case.id]
    ).fetchone()
    conn.rollback()
    assert row is not None
    return row[0], row[1]
