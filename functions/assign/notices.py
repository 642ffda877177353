"""Table `notices`: what has to be sent by mail, and what became of it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from psycopg.rows import dict_row

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import AuthorityId
from shared.domain.notice import DueNotice, Notice, holder

_CLAIMING = 6_020_114_417  # the advisory lock of whoever claims; the number means nothing


class PostgresNotices:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, notice: Notice) -> None:
        self._conn.execute(
            """
            INSERT INTO notices (tenant, authority, case_id, round, kind, recipient)
            VALUES (%(tenant)s, %(authority)s, %(case_id)s, %(round)s, %(kind)s, %(recipient)s)
            """,
            notice.model_dump(),
        )

    def claim(self, recipients: int, lease: timedelta) -> list[DueNotice]:
        # One claims after the other: two at once would share out one recipient's notices.
        self._conn.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _CLAIMING})
        with self._conn.cursor(row_factory=dict_row) as cur:
            cur.execute(
                """
                WITH told AS MATERIALIZED (
                    SELECT tenant, authority, kind, recipient, gen_random_uuid() AS batch,
                           gen_random_uuid() AS test_batch
                      FROM notices
                     WHERE state = 'due'
                     GROUP BY tenant, authority, kind, recipient
                    -- Whoever is waited for, or is being told, gets the new ones with the others.
                    HAVING max(due_at) <= now()
                     ORDER BY min(due_at)
                     LIMIT %(recipients)s
                ), claimed AS (
                    SELECT n.id, told.batch, told.test_batch
                      FROM notices n
                      JOIN told ON (told.tenant, told.authority, told.kind)
                                 = (n.tenant, n.authority, n.kind)
                               AND told.recipient IS NOT DISTINCT FROM n.recipient
                     WHERE n.state = 'due' AND n.due_at <= now()
                       FOR UPDATE OF n SKIP LOCKED
                )
                UPDATE notices n
                   SET attempts = attempts + 1, due_at = now() + %(lease)s,
                       batch = coalesce(n.batch, CASE WHEN c.is_test THEN claimed.test_batch
                                                      ELSE claimed.batch END)
                  FROM claimed, cases c
                 WHERE n.id = claimed.id AND c.id = n.case_id
                RETURNING n.id, n.batch, n.attempts, n.case_id, n.round, n.tenant, n.authority,
                          n.kind, n.recipient, c.sequence_number, c.is_test,
                          n.batch NOT IN (claimed.batch, claimed.test_batch) AS perhaps_sent,
                          c.organizational_unit, c.assignee,
                          c.status IN ('received', 'accepted', 'in_progress')
                          AND (c.round, c.tenant, c.authority)
                              IS NOT DISTINCT FROM (n.round, n.tenant, n.authority) AS is_open
                """,
                {"recipients": recipients, "lease": lease},
            )
            return sorted(map(_due_notice, cur.fetchall()), key=lambda due: due.id)

    def sent(self, ids: Collection[int]) -> None:
        self._end(ids, "sent", None)

    def drop(self, ids: Collection[int], why: str) -> None:
        self._end(ids, "dropped", why)

    def give_up(self, ids: Collection[int], why: str) -> None:
        self._end(ids, "given_up", why)

    def _end(self, ids: Collection[int], state: str, failure: str | None) -> None:
        self._conn.execute(
            """
            UPDATE notices
               SET state = %(state)s, ended_at = now(), failure = %(failure)s
             WHERE id = ANY(%(ids)s) AND state = 'due'
            """,
            {"ids": list(ids), "state": state, "failure": failure},
        )

    def postpone(
        self, ids: Collection[int], why: str, delay: timedelta, window: timedelta, *, unsure: bool
    ) -> int:
        rows = self._conn.execute(
            """
            UPDATE notices
               SET state = CASE WHEN created_at + %(window)s <= now() THEN 'given_up'
                                ELSE 'due' END,
                   ended_at = CASE WHEN created_at + %(window)s <= now() THEN now() END,
                   due_at = now() + %(delay)s, failure = %(failure)s,
                   batch = CASE WHEN %(unsure)s THEN batch END
             WHERE id = ANY(%(ids)s) AND state = 'due'
            RETURNING state
            """,
            {"ids": list(ids), "failure": why, "delay": delay, "window": window, "unsure": unsure},
        ).fetchall()
        return rows.count(("given_up",))

    def give_back(self, ids: Collection[int], *, unsure: bool) -> None:
        self._conn.execute(
            """
            UPDATE notices
               SET due_at = now(), attempts = attempts - 1,
                   batch = CASE WHEN %(unsure)s THEN batch END
             WHERE id = ANY(%(ids)s) AND state = 'due'
            """,
            {"ids": list(ids), "unsure": unsure},
        )

    def somebody_unreached(self, authority: AuthorityId) -> bool:
        row = self._conn.execute(
            """
            SELECT EXISTS (
                SELECT FROM notices g
                 WHERE g.authority = %(authority)s AND g.state = 'given_up'
                   AND NOT EXISTS (
                       SELECT FROM notices s
                        WHERE s.authority = g.authority AND s.kind = g.kind
                          AND s.recipient IS NOT DISTINCT FROM g.recipient
                          AND s.state = 'sent' AND s.ended_at > g.ended_at))
            """,
            {"authority": authority},
        ).fetchone()
        return row == (True,)

    def forget(self, age: timedelta) -> None:
        self._conn.execute(
            "DELETE FROM notices WHERE state <> 'due' AND ended_at < now() - %(age)s", {"age": age}
        )


def _due_notice(row: dict[str, Any]) -> DueNotice:
    notice = Notice.model_validate(row)
    lies_with = holder(row["organizational_unit"], row["assignee"])
    return DueNotice(
        id=row["id"],
        batch=row["batch"],
        notice=notice,
        attempts=row["attempts"],
        sequence_number=row["sequence_number"],
        is_test=row["is_test"],
        perhaps_sent=row["perhaps_sent"],
        in_place=row["is_open"] and lies_with == (notice.kind, notice.recipient),
    )
