"""Which destination a person means: by its id, with the tenant's before it where that is needed."""

from typing import NamedTuple

import click

from infra.configuration.declared import Configuration
from shared.adapters.postgres.destinations import PostgresDestinations
from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.destinations import Destination
from shared.domain.identifiers import DestinationId, TenantId


class Chosen(NamedTuple):
    tenant: TenantId
    destination: Destination

    @property
    def id(self) -> DestinationId:
        return DestinationId(self.destination.id)

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.destination.id}"


def applied_destinations(conn: Connection) -> list[Chosen]:
    tenants = conn.execute("SELECT id FROM tenants ORDER BY id").fetchall()
    return [
        Chosen(TenantId(tenant), destination)
        for (tenant,) in tenants
        for destination in PostgresDestinations(conn).of_tenant(TenantId(tenant))
    ]


def destinations_in(configuration: Configuration) -> list[Chosen]:
    return [
        Chosen(TenantId(key.tenant), entry)
        for key, entry in sorted(configuration.entries.items())
        if isinstance(entry, Destination)
    ]


def chosen_destinations(known: list[Chosen], name: str | None) -> list[Chosen]:
    """All of them without a name. At least one, or a ClickException that lists what there is."""
    tenant, _, id_ = (name or "").rpartition("/")
    found = [
        each
        for each in known
        if (not id_ or each.destination.id == id_) and (not tenant or each.tenant == tenant)
    ]
    if not found:
        listed = ", ".join(each.name for each in known) or "none at all"
        raise click.ClickException(f"none is called like this; there are: {listed}")
    return found


def chosen_destination(known: list[Chosen], name: str) -> Chosen:
    """Just one."""
    found = chosen_destinations(known, name)
    if len(found) > 1:
        listed = ", ".join(each.name for each in found)
        raise click.ClickException(f"several are called like this: {listed}")
    return found[0]
