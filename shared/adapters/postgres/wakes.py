"""Columns `next_wake_at` and `wake_attempts` of `cases`: who is due, and the lease on waking it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.waking import CASE_STALLED, DueCases, Stalled, Wake


class PostgresWakes:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection, wake_after: timedelta) -> None:
        self._conn = conn
        self._wake_after = wake_after

    def clock(self) -> datetime:
        row = self._conn.execute("SELECT now()").fetchone()
        assert row is not None  # noqa: S101 - SELECT without FROM gives one row
        now: datetime = row[0]
        return now

    def claim(self, due_before: datetime, attempts: int, limit: int) -> list[Wake]:
        """Lease the cases that are due for as long as their next wake is away, oldest first."""
        rows = self._conn.execute(
            """
            WITH due AS (
                SELECT id, next_wake_at AS due_at
                  FROM cases
                 WHERE next_wake_at <= %(due_before)s AND wake_attempts < %(attempts)s
                 ORDER BY next_wake_at
                 LIMIT %(limit)s
                   FOR UPDATE SKIP LOCKED
            )
            UPDATE cases
               SET wake_attempts = wake_attempts + 1,
                   next_wake_at = now() + make_interval(secs => least(
                       %(first)s * 2::float8 ^ least(wake_attempts, 30), %(longest)s))
              FROM due
             WHERE cases.id = due.id
            RETURNING cases.id, next_wake_at, due.due_at
            """,
            {
                "due_before": due_before,
                "attempts": attempts,
                "limit": limit,
                "first": self._wake_after.total_seconds(),
                "longest": _LONGEST.total_seconds(),
            },
        ).fetchall()
        rows.sort(key=lambda row: row[2])
        return [Wake(case_id=case_id, leased_until=until) for case_id, until, _ in rows]

    def give_back(self, wakes: Sequence[Wake]) -> None:
        """Due again, as if not tried; except what has moved on or was leased anew meanwhile."""
        self._conn.execute(
            """
            UPDATE cases
               SET next_wake_at = now(), wake_attempts = wake_attempts - 1
              FROM unnest(%(ids)s::uuid[], %(leases)s::timestamptz[]) AS lease (id, until)
             WHERE cases.id = lease.id AND next_wake_at = lease.until AND wake_attempts > 0
            """,
            {
                "ids": [wake.case_id for wake in wakes],
                "leases": [wake.leased_until for wake in wakes],
            },
        )

    def stall(self, attempts: int, limit: int) -> list[Stalled]:
        """Stop waking what was woken so often in vain. `wake_attempts` stays, as a mark of it."""
        with self._conn.cursor(row_factory=class_row(Stalled)) as cur:
            cur.execute(
                """
                UPDATE cases
                   SET next_wake_at = NULL
                 WHERE id IN (
                    SELECT id
                      FROM cases
                     WHERE next_wake_at <= now() AND wake_attempts >= %(attempts)s
                     ORDER BY next_wake_at
                     LIMIT %(limit)s
                       FOR UPDATE SKIP LOCKED)
                RETURNING id AS case_id, stage, wake_attempts AS attempts
                """,
                {"attempts": attempts, "limit": limit},
            )
            return cur.fetchall()

    def moved_on(self) -> list[CaseId]:
        """The stalled cases that have been saved, or were redriven, since their task was opened."""
        rows = self._conn.execute(
            """
            SELECT cases.id
              FROM tasks
              JOIN cases ON cases.id = tasks.case_id
             WHERE tasks.kind = %(kind)s AND tasks.closed_at IS NULL
               AND (cases.next_wake_at IS NOT NULL OR cases.wake_attempts = 0)
            """,
            {"kind": CASE_STALLED},
        ).fetchall()
        return [CaseId(row[0]) for row in rows]

    def due_per_stage(self) -> list[DueCases]:
        with self._conn.cursor(row_factory=class_row(DueCases)) as cur:
            cur.execute(
                """
                SELECT stage, count(*) AS count, min(next_wake_at) AS oldest,
                       max(wake_attempts) AS attempts
                  FROM cases
                 WHERE next_wake_at <= now()
                 GROUP BY stage
                 ORDER BY min(next_wake_at)
                """
            )
            return cur.fetchall()


_LONGEST = timedelta(hours=1)
