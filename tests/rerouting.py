"""Cases that lie with an authority, and the stores that re-route them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg

from functions.route.authorities import PostgresAuthorities
from functions.route.ports import Stores
from functions.route.reroutings import PostgresReroutings
from functions.route.routings import PostgresRoutings
from functions.route.rulebooks import PostgresRulebooks
from shared.adapters.memory import (
    InMemoryAuthorities,
    InMemoryCases,
    InMemoryReroutings,
    InMemoryRoutings,
    InMemoryRulebooks,
    InMemoryTasks,
)
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Case
from shared.domain.configuration.tenants import Tenant
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, LeikaKey, RegionKey, TenantId
from shared.domain.routing import Candidate, RoutingDecision, Rule
from shared.ports import Tasks
from tests.factories import (
    BUILDING_OFFICE,
    FORMSERVER,
    TENANT,
    TRADE_OFFICE,
    TRADE_REGISTRATION,
    a_case,
    an_entry,
    stored,
)

Connection = psycopg.Connection[Any]
NEIGHBOUR, RECLUSE = TenantId("ostersund"), TenantId("einsiedel")
NEIGHBOURS_OFFICE, RECLUSES_OFFICE = AuthorityId("ostersund-amt"), AuthorityId("einsiedel-amt")
DECLARED = {
    TRADE_OFFICE: TENANT,
    BUILDING_OFFICE: TENANT,
    NEIGHBOURS_OFFICE: NEIGHBOUR,
    RECLUSES_OFFICE: RECLUSE,
}
# The recluse takes applications from nobody.
TENANTS = [
    Tenant(id=TENANT, name="Fördetal", senders=(FORMSERVER,)),
    Tenant(id=NEIGHBOUR, name="Østersund", senders=(FORMSERVER,)),
    Tenant(id=RECLUSE, name="Einsiedel"),
]
WAKE_AFTER = timedelta(minutes=1)


class Scene(NamedTuple):
    """`version` is the directory's."""

    stores: Stores
    tasks: Tasks
    version: int

    def a_routed_case(self, to: AuthorityId = TRADE_OFFICE, **of_the_case: Any) -> Case:
        """As route leaves it."""
        cases = self.stores.cases
        tenant = DECLARED.get(to)
        case = stored(cases, a_case(**of_the_case)).routed_to(to, tenant)
        case, event = case.announce(CaseRouted, authority=to, tenant=tenant)
        cases.save(case, entry=an_entry("case.routed"), event=event)
        self.stores.routings.add(case.id, case.round, a_decision(to, self.version))
        return cases.get(case.id)


def in_memory(declared: Mapping[AuthorityId, TenantId] = DECLARED) -> Scene:
    cases, routings, tasks = InMemoryCases(), InMemoryRoutings(), InMemoryTasks()
    authorities, rulebooks = InMemoryAuthorities(declared), InMemoryRulebooks(TENANTS)
    reroutings = InMemoryReroutings(cases, routings, tasks, authorities, rulebooks)
    return Scene(Stores(cases, routings, rulebooks, authorities, reroutings), tasks, version=1)


def in_postgres(conn: Connection) -> Scene:
    for tenant in TENANTS:
        conn.execute(
            "INSERT INTO tenants (id, document) VALUES (%s, %s)",
            [tenant.id, tenant.model_dump_json()],
        )
    for id_, owner in DECLARED.items():
        document = json.dumps({"id": id_, "name": id_, "units": [id_]})
        conn.execute("INSERT INTO authorities VALUES (%s, %s, %s)", [owner, id_, document])
    return Scene(stores_of(conn), PostgresTasks(conn), a_directory_version(conn))


def stores_of(conn: Connection) -> Stores:
    return Stores(
        PostgresCases(conn, WAKE_AFTER),
        PostgresRoutings(conn),
        PostgresRulebooks(conn),
        PostgresAuthorities(conn),
        PostgresReroutings(conn),
    )


def a_directory_version(conn: Connection) -> int:
    row = conn.execute(
        "INSERT INTO directory_versions (name, source, active) VALUES ('test', 'test', true)"
        " RETURNING id"
    ).fetchone()
    assert row is not None
    version: int = row[0]
    return version


def a_decision(authority: AuthorityId = TRADE_OFFICE, version: int = 1) -> RoutingDecision:
    undecided = authority == CLEARING_OFFICE
    return RoutingDecision(
        rule=Rule.CLEARING_OFFICE if undecided else Rule.SERVICE_AND_REGION,
        authority=authority,
        tenant=DECLARED.get(authority),
        reason="two are responsible" if undecided else "the only one responsible",
        leika_keys=(TRADE_REGISTRATION,),
        directory_version=version,
        directory_name="test",
        candidates=(
            Candidate(
                authority=TRADE_OFFICE,
                name="Gewerbeamt",
                asked=LeikaKey(TRADE_REGISTRATION),
                leika_key=LeikaKey(TRADE_REGISTRATION),
                region=RegionKey("019990001"),
                role="responsible",
            ),
        ),
    )
