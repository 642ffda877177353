"""Tables `forwardings` and `forwarding_attempts`, as the pipeline works on them."""

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import Forwarding, ForwardingId, ForwardingState, Receipt
from shared.domain.identifiers import CaseId, DestinationId, EventId


class PostgresForwardings:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def plan(self, forwardings: Collection[Forwarding]) -> None:
        for forwarding in forwardings:
            self._conn.execute(
                """
                INSERT INTO forwardings (id, case_id, round, tenant, destination, authority,
                                         occasion, occasion_type, occasion_at, message_id,
                                         message_key)
                VALUES (%(id)s, %(case_id)s, %(round)s, %(tenant)s, %(destination)s, %(authority)s,
                        %(occasion)s, %(occasion_type)s, %(occasion_at)s, %(message_id)s,
                        %(message_key)s)
                ON CONFLICT DO NOTHING
                """,
                forwarding.model_dump(),
            )

    def occasions(self, case_id: CaseId, round_: int) -> frozenset[EventId]:
        """The events that something was planned for."""
        rows = self._conn.execute(
            """
            SELECT DISTINCT occasion
              FROM forwardings
             WHERE case_id = %(case_id)s AND round = %(round)s
            """,
            {"case_id": case_id, "round": round_},
        ).fetchall()
        return frozenset(EventId(row[0]) for row in rows)

    def claimable(self, case_id: CaseId, round_: int) -> list[Forwarding]:
        """Due, and nobody is at it (any more). The caller holds the lock on the case."""
        with self._conn.cursor(row_factory=class_row(Forwarding)) as cur:
            cur.execute(
                """
                SELECT id, case_id, round, tenant, destination, authority, occasion, occasion_type,
                       occasion_at, state, window_from, due_at, lease_until, lease_owner, attempts,
                       message_id, message_key, encode(message_sha256, 'hex') AS message_sha256,
                       external_id, receipt, waived_by
                  FROM forwardings
                 WHERE case_id = %(case_id)s AND round = %(round)s
                   AND (state = 'planned' AND due_at <= clock_timestamp()
                        OR state = 'sending' AND lease_until <= clock_timestamp())
                 ORDER BY due_at, id
                """,
                {"case_id": case_id, "round": round_},
            )
            return cur.fetchall()

    def claim(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> int:
        """Nobody else's until the lease ends. The number of this attempt."""
        row = self._conn.execute(
            """
            WITH claimed AS (
                UPDATE forwardings
                   SET state = 'sending', lease_owner = %(owner)s, attempts = attempts + 1,
                       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
                 WHERE id = %(id)s
                RETURNING id, attempts
            )
            INSERT INTO forwarding_attempts (forwarding_id, number)
            SELECT id, attempts
              FROM claimed
            RETURNING number
            """,
            {"id": forwarding_id, "owner": owner, "lease": lease_seconds},
        ).fetchone()
        assert row is not None  # noqa: S101 - the row was selected under the case's lock
        number: int = row[0]
        return number

    def renew(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> bool:
        """False if it is not ours any more, or the case now belongs to another authority."""
        cur = self._conn.execute(
            """
            UPDATE forwardings f
               SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
              FROM cases c
             WHERE f.id = %(id)s AND f.lease_owner = %(owner)s AND c.id = f.case_id
               AND c.round = f.round AND c.authority = f.authority AND c.tenant = f.tenant
            """,
            {"id": forwarding_id, "owner": owner, "lease": lease_seconds},
        )
        return cur.rowcount == 1

    def freeze(self, forwarding_id: ForwardingId, message_sha256: str) -> str:
        """Record which bytes the message has, once; the hash that is recorded now."""
        row = self._conn.execute(
            """
            UPDATE forwardings
               SET message_sha256 = coalesce(message_sha256, decode(%(sha256)s, 'hex'))
             WHERE id = %(id)s
            RETURNING encode(message_sha256, 'hex')
            """,
            {"id": forwarding_id, "sha256": message_sha256},
        ).fetchone()
        assert row is not None  # noqa: S101 - forwardings are never deleted while one is sent
        recorded: str = row[0]
        return recorded

    def end_attempt(
        self,
        forwarding_id: ForwardingId,
        number: int,
        outcome: str,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        """Also of an attempt whose lease was lost meanwhile: what happened, happened."""
        self._conn.execute(
            """
            UPDATE forwarding_attempts
               SET ended_at = clock_timestamp(), outcome = %(outcome)s, status = %(status)s,
                   code = %(code)s
             WHERE forwarding_id = %(id)s AND number = %(number)s
            """,
            {
                "id": forwarding_id,
                "number": number,
                "outcome": outcome,
                "status": status,
                "code": code,
            },
        )

    def accept(self, forwarding_id: ForwardingId, owner: UUID, receipt: Receipt) -> bool:
        """False, and nothing is changed, if it is not ours any more. That it was accepted is kept
        also if the case went to another authority while it was sent."""
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'accepted', lease_owner = NULL, lease_until = NULL,
                   external_id = %(external_id)s, receipt = %(receipt)s
             WHERE id = %(id)s AND (lease_owner = %(owner)s OR state = 'superseded')
            """,
            {
                "id": forwarding_id,
                "owner": owner,
                "external_id": receipt.external_id,
                "receipt": json.dumps(receipt.model_dump(exclude_none=True)),
            },
        )
        return cur.rowcount == 1

    def reject(self, forwarding_id: ForwardingId, owner: UUID) -> bool:
        """False, and nothing is changed, if it is not ours any more."""
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'rejected', lease_owner = NULL, lease_until = NULL
             WHERE id = %(id)s AND lease_owner = %(owner)s
            """,
            {"id": forwarding_id, "owner": owner},
        )
        return cur.rowcount == 1

    def postpone(
        self, forwarding_id: ForwardingId, owner: UUID, delay: float, window: float
    ) -> ForwardingState | None:
        """Planned anew, at the latest for the window's end; given up if that has passed.

        None, and nothing is changed, if it is not ours any more.
        """
        row = self._conn.execute(
            """
            UPDATE forwardings
               SET state = CASE WHEN w.ends <= clock_timestamp() THEN 'given_up'
                                ELSE 'planned' END,
                   due_at = least(clock_timestamp() + make_interval(secs => %(delay)s), w.ends),
                   lease_owner = NULL, lease_until = NULL
              FROM (SELECT id, window_from + make_interval(secs => %(window)s) AS ends
                      FROM forwardings
                     WHERE id = %(id)s) w
             WHERE forwardings.id = w.id AND lease_owner = %(owner)s
            RETURNING state
            """,
            {"id": forwarding_id, "owner": owner, "delay": delay, "window": window},
        ).fetchone()
        return ForwardingState(row[0]) if row else None

    def release(self, forwarding_id: ForwardingId, owner: UUID) -> None:
        """As if it had not been claimed; of an older round it is never due again."""
        self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'planned', lease_owner = NULL, lease_until = NULL
             WHERE id = %(id)s AND lease_owner = %(owner)s
            """,
            {"id": forwarding_id, "owner": owner},
        )

    def next_due(self, case_id: CaseId, round_: int) -> datetime | None:
        """When the next one is due, or the lease on it ends. None if nothing is open."""
        row = self._conn.execute(
            """
            SELECT min(coalesce(lease_until, due_at))
              FROM forwardings
             WHERE case_id = %(case_id)s AND round = %(round)s AND state IN ('planned', 'sending')
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        return row[0] if row else None

    def unsettled(self, case_id: CaseId, round_: int) -> int:
        """How many are neither accepted nor waived by a person."""
        row = self._conn.execute(
            """
            SELECT count(*)
              FROM forwardings
             WHERE case_id = %(case_id)s AND round = %(round)s AND state <> 'accepted'
               AND waived_by IS NULL
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        return row[0] if row else 0

    def accepted(self, case_id: CaseId, round_: int) -> tuple[DestinationId, ...]:
        rows = self._conn.execute(
            """
            SELECT DISTINCT destination
              FROM forwardings
             WHERE case_id = %(case_id)s AND round = %(round)s AND state = 'accepted'
             ORDER BY destination
            """,
            {"case_id": case_id, "round": round_},
        ).fetchall()
        return tuple(DestinationId(row[0]) for row in rows)
