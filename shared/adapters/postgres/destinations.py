"""Table `destinations`: where a tenant's cases go, as declared in the configuration."""

from functools import lru_cache

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.destinations import Destination
from shared.domain.identifiers import TenantId


class PostgresDestinations:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of_tenant(self, tenant: TenantId) -> list[Destination]:
        rows = self._conn.execute(
            """
            SELECT document::text
              FROM destinations
             WHERE tenant = %(tenant)s
             ORDER BY id
            """,
            {"tenant": tenant},
        ).fetchall()
        return [_read(row[0]) for row in rows]


@lru_cache(maxsize=1024)
def _read(document: str) -> Destination:
    """Read anew only when it was declared anew: forward asks several times for each event."""
    return Destination.model_validate_json(document)
