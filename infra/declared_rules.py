"""What tenants have declared of assigning: as it was brought in, or in files that are not yet."""

from functions.assign.configuration import read_rules
from functions.assign.rules import TenantRules
from infra.configuration.declared import Configuration
from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import TenantId

RulesOfTenants = dict[TenantId, TenantRules]


def applied_rules(conn: Connection) -> RulesOfTenants:
    tenants = conn.execute("SELECT id FROM tenants ORDER BY id").fetchall()
    return {TenantId(tenant): read_rules(conn, TenantId(tenant)) for (tenant,) in tenants}


def rules_in(configuration: Configuration) -> RulesOfTenants:
    tenants = sorted(TenantId(key.id) for key, _ in configuration.of_kind("tenants"))
    return {tenant: _of_tenant(configuration, tenant) for tenant in tenants}


def _of_tenant(configuration: Configuration, tenant: TenantId) -> TenantRules:
    entries = [
        entry for key, entry in sorted(configuration.entries.items()) if key.tenant == tenant
    ]
    return TenantRules(
        directories=tuple(each for each in entries if isinstance(each, Directory)),
        rules=tuple(each for each in entries if isinstance(each, AssignmentRule)),
        authorities=tuple(each for each in entries if isinstance(each, Authority)),
    )
