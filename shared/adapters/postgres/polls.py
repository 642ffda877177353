"""Tables `polls` and `polled_submissions`: who is polled by whom, and what became of what."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.polling import Lease, Polled, PolledState, PollReport


class PostgresPolls:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def due(self, senders: Collection[str]) -> list[str]:
        """Those of these senders that may be claimed now, the longest due first."""
        rows = self._conn.execute(
            """
            SELECT asked.sender
              FROM unnest(%(senders)s::text[]) AS asked (sender)
              LEFT JOIN polls ON polls.sender = asked.sender
             WHERE coalesce(polls.due_at <= now(), true)
               AND coalesce(polls.lease_until < now(), true)
             ORDER BY polls.due_at NULLS FIRST, asked.sender
            """,
            {"senders": list(senders)},
        ).fetchall()
        return [row[0] for row in rows]

    def claim(self, sender: str, owner: UUID, lease: timedelta) -> Lease | None:
        """None if it is not due, or if somebody else polls it."""
        with self._conn.cursor(row_factory=class_row(Lease)) as cur:
            cur.execute(
                """
                INSERT INTO polls (sender, lease_owner, lease_until, last_started_at)
                VALUES (%(sender)s, %(owner)s, now() + %(lease)s, now())
                ON CONFLICT (sender) DO UPDATE
                   SET lease_owner = EXCLUDED.lease_owner, lease_until = EXCLUDED.lease_until,
                       last_started_at = EXCLUDED.last_started_at
                 WHERE polls.due_at <= now()
                   AND (polls.lease_until IS NULL OR polls.lease_until < now())
                RETURNING sender, lease_owner AS owner, cursors, failures
                """,
                {"sender": sender, "owner": owner, "lease": lease},
            )
            return cur.fetchone()

    def renew(self, sender: str, owner: UUID, lease: timedelta) -> bool:
        """False if the lease has ended and somebody else took it."""
        cur = self._conn.execute(
            """
            UPDATE polls
               SET lease_until = now() + %(lease)s
             WHERE sender = %(sender)s AND lease_owner = %(owner)s
            """,
            {"sender": sender, "owner": owner, "lease": lease},
        )
        return cur.rowcount == 1

    def succeed(
        self, lease: Lease, due_in: timedelta, cursors: Mapping[str, datetime], error: str | None
    ) -> None:
        """`due_in` counts from when it was claimed. `error` if not everything could be taken."""
        self._conn.execute(
            """
            UPDATE polls
               SET lease_owner = NULL, lease_until = NULL, last_success_at = now(), failures = 0,
                   due_at = last_started_at + %(due_in)s, last_error = %(error)s,
                   cursors = %(cursors)s
             WHERE sender = %(sender)s AND lease_owner = %(owner)s
            """,
            {
                "sender": lease.sender,
                "owner": lease.owner,
                "due_in": due_in,
                "error": error,
                "cursors": json.dumps({form: at.isoformat() for form, at in cursors.items()}),
            },
        )

    def fail(self, lease: Lease, due_in: timedelta, error: str) -> None:
        self._conn.execute(
            """
            UPDATE polls
               SET lease_owner = NULL, lease_until = NULL, failures = failures + 1,
                   due_at = now() + %(due_in)s, last_error = %(error)s
             WHERE sender = %(sender)s AND lease_owner = %(owner)s
            """,
            {"sender": lease.sender, "owner": lease.owner, "due_in": due_in, "error": error},
        )

    def seen(self, sender: str, transaction_ids: Collection[str]) -> dict[str, Polled]:
        """What is known of these; that they are still listed is noted."""
        with self._conn.cursor(row_factory=class_row(Polled)) as cur:
            cur.execute(
                """
                UPDATE polled_submissions
                   SET seen_at = now()
                 WHERE sender = %(sender)s AND transaction_id = ANY(%(ids)s)
                RETURNING transaction_id, entry_sha256, state, attempts, due_at <= now() AS is_due
                """,
                {"sender": sender, "ids": list(transaction_ids)},
            )
            return {polled.transaction_id: polled for polled in cur}

    def note(
        self,
        sender: str,
        polled: Polled,
        *,
        due_in: timedelta,
        code: str | None,
    ) -> None:
        """`code` says what could not be done, in one word; None if nothing is left to do."""
        self._conn.execute(
            """
            INSERT INTO polled_submissions
                   (sender, transaction_id, entry_sha256, state, code, attempts, due_at)
            VALUES (%(sender)s, %(id)s, %(digest)s, %(state)s, %(code)s, %(attempts)s,
                    now() + %(due_in)s)
            ON CONFLICT (sender, transaction_id) DO UPDATE
               SET entry_sha256 = EXCLUDED.entry_sha256, state = EXCLUDED.state,
                   code = EXCLUDED.code, attempts = EXCLUDED.attempts, due_at = EXCLUDED.due_at
            """,
            {
                "sender": sender,
                "id": polled.transaction_id,
                "digest": polled.entry_sha256,
                "state": polled.state,
                "code": code,
                "attempts": polled.attempts,
                "due_in": due_in,
            },
        )

    def forget(self, sender: str, age: timedelta) -> None:
        """What was stored and has not been listed for so long; a failure is not forgotten."""
        self._conn.execute(
            """
            DELETE FROM polled_submissions
             WHERE sender = %(sender)s AND state = 'stored' AND seen_at < now() - %(age)s
            """,
            {"sender": sender, "age": age},
        )

    def all(self) -> list[PollReport]:
        """Of the senders that are declared."""
        with self._conn.cursor(row_factory=class_row(PollReport)) as cur:
            cur.execute(
                """
                SELECT p.sender, p.due_at, p.last_success_at, p.last_error, p.failures,
                       CASE WHEN p.lease_until > now() THEN p.lease_until END AS leased_until,
                       count(*) FILTER (WHERE s.state = %(failed)s) AS not_fetched,
                       count(*) FILTER (WHERE s.state = %(stored)s) AS not_reported
                  FROM polls p
                  JOIN senders ON senders.id = p.sender
                  LEFT JOIN polled_submissions s ON s.sender = p.sender AND s.code IS NOT NULL
                 GROUP BY p.sender
                 ORDER BY p.sender
                """,
                {"failed": PolledState.FAILED, "stored": PolledState.STORED},
            )
            return cur.fetchall()
