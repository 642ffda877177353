"""Which directory a person means: by its id, with the tenant's before it where that is needed."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from functions.assign.rules import TenantRules
from infra.declared_rules import RulesOfTenants
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import TenantId


class Chosen(NamedTuple):
    tenant: TenantId
    declared: TenantRules
    directory: Directory

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.directory.id}"


def chosen_directories(
    rules: RulesOfTenants, name: str | None, tenant: str | None, *, just_one: bool = False
) -> list[Chosen]:
    """Those of this id and tenant; all of them without either. At least one."""
    before, slash, id_ = (name or "").rpartition("/")
    wanted = before if slash else tenant
    known = list(_all(rules))
    found = [
        each
        for each in known
        if (not id_ or each.directory.id == id_) and (not wanted or each.tenant == wanted)
    ]
    if not found or (just_one and len(found) > 1):
        what = "several are" if found else "none is"
        listed = ", ".join(each.name for each in found or known) or "none at all"
        raise click.ClickException(f"{what} called like this; there are: {listed}")
    return found


def _all(rules: RulesOfTenants) -> Iterator[Chosen]:
    for tenant, declared in rules.items():
        for directory in declared.directories:
            yield Chosen(tenant, declared, directory)
