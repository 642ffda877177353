"""Table `authorities`: which tenant has declared which authority."""

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import AuthorityId, TenantId


class PostgresAuthorities:
    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def tenant_of(self, authority: AuthorityId) -> TenantId | None:
        row = self._conn.execute(
            "SELECT tenant FROM authorities WHERE id = %(id)s", {"id": authority}
        ).fetchone()
        return None if row is None else TenantId(row[0])

    def names(self) -> dict[AuthorityId, str]:
        """Of all that are declared."""
        rows = self._conn.execute(
            """
            SELECT id, document ->> 'name'
              FROM authorities
             ORDER BY id
            """
        ).fetchall()
        return {AuthorityId(id_): name for id_, name in rows}
