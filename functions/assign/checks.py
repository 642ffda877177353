"""Table `directory_checks`: when each directory is asked again whether holders are still there."""

from datetime import timedelta

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import TenantId

SOON = timedelta(minutes=1)


class PostgresDirectoryChecks:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def claim(self, tenant: TenantId, directory: str, every: timedelta) -> bool:
        claimed = self._conn.execute(
            """
            INSERT INTO directory_checks (tenant, directory, due_at)
            VALUES (%(tenant)s, %(directory)s, now() + %(every)s)
            ON CONFLICT (tenant, directory) DO UPDATE
                SET due_at = now() + %(every)s
              WHERE directory_checks.due_at <= now()
            """,
            {"tenant": tenant, "directory": directory, "every": every},
        )
        return claimed.rowcount == 1

    def note(self, tenant: TenantId, directory: str, failure: str | None, *, soon: bool) -> None:
        self._conn.execute(
            """
            UPDATE directory_checks
               SET checked_at = now(), failure = %(failure)s,
                   due_at = least(due_at, now() + %(soon)s)
             WHERE tenant = %(tenant)s AND directory = %(directory)s
            """,
            {
                "tenant": tenant,
                "directory": directory,
                "failure": failure,
                "soon": SOON if soon else None,
            },
        )
