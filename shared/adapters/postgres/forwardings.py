"""Tables `forwardings` and `forwarding_attempts`, as people read them."""

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import Attempt, Forwarding, ForwardingId
from shared.domain.identifiers import CaseId


class PostgresForwardings:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of_case(self, case_id: CaseId) -> list[Forwarding]:
        """All rounds, in the order they were planned."""
        with self._conn.cursor(row_factory=class_row(Forwarding)) as cur:
            cur.execute(
                """
                SELECT id, case_id, round, tenant, destination, authority, occasion, occasion_type,
                       occasion_at, state, window_from, due_at, lease_until, lease_owner, attempts,
                       message_id, message_key, encode(message_sha256, 'hex') AS message_sha256,
                       external_id, receipt, sent_at, code, reason, held_by, waived_by
                  FROM forwardings
                 WHERE case_id = %(case_id)s
                 ORDER BY round, occasion_at, destination
                """,
                {"case_id": case_id},
            )
            return cur.fetchall()

    def attempts(self, forwarding_id: ForwardingId) -> list[Attempt]:
        with self._conn.cursor(row_factory=class_row(Attempt)) as cur:
            cur.execute(
                """
                SELECT number, started_at, ended_at, outcome, status, code, external_id, asked
                  FROM forwarding_attempts
                 WHERE forwarding_id = %(id)s
                 ORDER BY number
                """,
                {"id": forwarding_id},
            )
            return cur.fetchall()
