"""What a tenant has declared of its mail: the server, and who of which authority wants notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.mail import MailServer
from shared.domain.configuration.tenants import Tenant
from shared.domain.identifiers import TenantId


@dataclass(frozen=True)
class TenantMail:
    """Without `server` nothing can be sent."""

    server: MailServer | None = None
    authorities: Mapping[str, Authority] = field(default_factory=dict)
    directories: tuple[Directory, ...] = ()

    def directory_of(self, authority: str) -> Directory | None:
        serving = (each for each in self.directories if authority in each.authorities)
        return min(serving, key=lambda directory: directory.id, default=None)


def read_mail(conn: Connection, tenant: TenantId) -> TenantMail:
    row = conn.execute(
        "SELECT document FROM tenants WHERE id = %(tenant)s", {"tenant": tenant}
    ).fetchone()
    authorities = conn.execute(
        "SELECT document FROM authorities WHERE tenant = %(tenant)s", {"tenant": tenant}
    ).fetchall()
    directories = conn.execute(
        "SELECT document FROM directories WHERE tenant = %(tenant)s", {"tenant": tenant}
    ).fetchall()
    declared = [Authority.model_validate(document) for (document,) in authorities]
    return TenantMail(
        server=Tenant.model_validate(row[0]).mail if row is not None else None,
        authorities={authority.id: authority for authority in declared},
        directories=tuple(Directory.model_validate(document) for (document,) in directories),
    )
