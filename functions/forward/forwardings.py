"""Table `forwardings`: what is planned for a case, and what of it is due or done."""

from collections.abc import Collection
from datetime import datetime

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import Forwarding, ForwardingId
from shared.domain.identifiers import CaseId, DestinationId, EventId, TenantId


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

    def claimable(
        self, case_id: CaseId, round_: int, in_line_for: DestinationId | None = None
    ) -> list[Forwarding]:
        """Due, and nobody is at it (any more); also what stands in line for a destination. The
        caller holds the lock on the case. By destination, as all have to lock them."""
        with self._conn.cursor(row_factory=class_row(Forwarding)) as cur:
            cur.execute(
                """
                SELECT id, case_id, round, tenant, destination, authority, occasion, occasion_type,
                       occasion_at, state, window_from, due_at, lease_until, lease_owner, attempts,
                       message_id, message_key, encode(message_sha256, 'hex') AS message_sha256,
                       external_id, receipt, sent_at, code, reason, held_by, waived_by
                  FROM forwardings
                 WHERE case_id = %(case_id)s AND round = %(round)s
                   AND (state IN ('planned', 'sent') AND due_at <= clock_timestamp()
                        OR state = 'sending' AND lease_until <= clock_timestamp()
                        OR state = 'planned' AND destination = %(in_line_for)s
                           AND held_by IN ('limit', 'breaker'))
                 ORDER BY destination, due_at, id
                """,
                {"case_id": case_id, "round": round_, "in_line_for": in_line_for},
            )
            return cur.fetchall()

    def first_in_line(self, tenant: TenantId, destination: DestinationId) -> CaseId | None:
        """The case whose message waits longest for a destination; it is locked from now on."""
        row = self._conn.execute(
            """
            SELECT c.id
              FROM forwardings f
              JOIN cases c ON c.id = f.case_id AND c.round = f.round
             WHERE f.tenant = %(tenant)s AND f.destination = %(destination)s
               AND f.state = 'planned' AND f.held_by IN ('limit', 'breaker')
             ORDER BY f.due_at
             LIMIT 1
               FOR UPDATE OF c SKIP LOCKED
            """,
            {"tenant": tenant, "destination": destination},
        ).fetchone()
        return CaseId(row[0]) if row else None

    def has_line(self, tenant: TenantId, destination: DestinationId) -> bool:
        """Whether a message waits for a destination that was due already."""
        row = self._conn.execute(
            """
            SELECT EXISTS (
                SELECT FROM forwardings
                 WHERE tenant = %(tenant)s AND destination = %(destination)s
                   AND state = 'planned' AND held_by IN ('limit', 'breaker'))
            """,
            {"tenant": tenant, "destination": destination},
        ).fetchone()
        return bool(row and row[0])

    def left_behind(self, case_id: CaseId, round_: int) -> list[Forwarding]:
        """Of older rounds: begun, overtaken, and not taken away yet."""
        with self._conn.cursor(row_factory=class_row(Forwarding)) as cur:
            cur.execute(
                """
                SELECT id, case_id, round, tenant, destination, authority, occasion, occasion_type,
                       occasion_at, state, window_from, due_at, lease_until, lease_owner, attempts,
                       message_id, message_key, encode(message_sha256, 'hex') AS message_sha256,
                       external_id, receipt, sent_at, code, reason, held_by, waived_by
                  FROM forwardings f
                 WHERE case_id = %(case_id)s AND round < %(round)s AND state = 'superseded'
                   AND message_sha256 IS NOT NULL
                   AND EXISTS (SELECT FROM forwarding_steps s WHERE s.forwarding_id = f.id)
                 ORDER BY id
                """,
                {"case_id": case_id, "round": round_},
            )
            return cur.fetchall()

    def next_due(self, case_id: CaseId, round_: int) -> datetime | None:
        """When the next one is due, or the lease on it ends. None if nothing is open."""
        row = self._conn.execute(
            """
            SELECT min(coalesce(lease_until, due_at))
              FROM forwardings
             WHERE case_id = %(case_id)s AND round = %(round)s
               AND state IN ('planned', 'sending', 'sent')
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

    def send_again(self, forwarding_id: ForwardingId) -> bool:
        """False if it did not fail."""
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'planned', window_from = now(), due_at = now(), sent_at = NULL,
                   code = NULL, reason = NULL
             WHERE id = %(id)s AND state IN ('rejected', 'given_up') AND waived_by IS NULL
            """,
            {"id": forwarding_id},
        )
        return cur.rowcount == 1

    def waive(self, forwarding_id: ForwardingId, account: str) -> bool:
        """False if it did not fail."""
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET waived_by = %(account)s
             WHERE id = %(id)s AND state IN ('rejected', 'given_up') AND waived_by IS NULL
            """,
            {"id": forwarding_id, "account": account},
        )
        return cur.rowcount == 1
