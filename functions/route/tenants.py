"""Table `tenants`, as far as route needs it: who takes applications from whom."""

from collections.abc import Collection

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import SenderId, TenantId


class PostgresTenants:
    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def consenting(self, sender: SenderId, tenants: Collection[TenantId]) -> frozenset[TenantId]:
        if not tenants:
            return frozenset()
        rows = self._conn.execute(
            """
            SELECT id
              FROM tenants
             WHERE id = ANY(%(tenants)s) AND document -> 'senders' ? %(sender)s
            """,
            {"tenants": sorted(tenants), "sender": sender},
        ).fetchall()
        return frozenset(id_ for (id_,) in rows)
