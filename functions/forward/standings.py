"""Table `destination_standings`: how it goes at each destination, under its row's lock."""

from datetime import datetime

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.destination_standing import Standing
from shared.domain.identifiers import DestinationId, TenantId


class PostgresStandings:
    """Works inside the caller's transaction; never commits. Times are the database's.

    Whoever locks several destinations locks them in the order of their ids.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def clock(self) -> datetime:
        row = self._conn.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None  # noqa: S101 - SELECT without FROM gives one row
        now: datetime = row[0]
        return now

    def locked(self, tenant: TenantId, destination: DestinationId) -> Standing:
        standing = self._lock(tenant, destination)
        if standing is None:
            self._conn.execute(
                """
                INSERT INTO destination_standings (tenant, destination)
                VALUES (%(tenant)s, %(destination)s)
                ON CONFLICT DO NOTHING
                """,
                {"tenant": tenant, "destination": destination},
            )
            standing = self._lock(tenant, destination)
        assert standing is not None  # noqa: S101 - it is there by now, and never deleted
        return standing

    def _lock(self, tenant: TenantId, destination: DestinationId) -> Standing | None:
        with self._conn.cursor(row_factory=class_row(Standing)) as cur:
            cur.execute(
                """
                SELECT tenant, destination, paused_at, failures, open_until, failure_rate, answers,
                       answered_at, failed_at, code
                  FROM destination_standings
                 WHERE tenant = %(tenant)s AND destination = %(destination)s
                   FOR UPDATE
                """,
                {"tenant": tenant, "destination": destination},
            )
            return cur.fetchone()

    def sending(self, tenant: TenantId, destination: DestinationId) -> int:
        """How many are being sent to it now. One whose sender was killed counts until its lease
        ends."""
        row = self._conn.execute(
            """
            SELECT count(*)
              FROM forwardings
             WHERE tenant = %(tenant)s AND destination = %(destination)s AND state = 'sending'
               AND lease_until > clock_timestamp()
            """,
            {"tenant": tenant, "destination": destination},
        ).fetchone()
        return row[0] if row else 0

    def save(self, standing: Standing) -> None:
        self._conn.execute(
            """
            UPDATE destination_standings
               SET failures = %(failures)s, open_until = %(open_until)s,
                   failure_rate = %(failure_rate)s, answers = %(answers)s,
                   answered_at = %(answered_at)s, failed_at = %(failed_at)s, code = %(code)s
             WHERE tenant = %(tenant)s AND destination = %(destination)s
            """,
            standing.model_dump(),
        )
