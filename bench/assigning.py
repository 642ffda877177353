"""Assignments out of a large directory: what they ask of it, and how many there are per second."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg

from bench.figures import Figure
from bench.functions import Functions
from bench.load import in_turns, request_bytes, run
from bench.processes import FunctionProcess
from bench.servers import Environment
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.identifiers import AuthorityId, TenantId
from shared.runtime.cloud_events import binary
from tests.directories import ldif, slapd
from tests.directories.municipality import (
    ACCOUNTS,
    BASE,
    DOMAIN,
    READER,
    SERVICE_PASSWORD,
    below,
    leaf,
)
from tests.factories import a_case, routed
from tests.functions.assign.network import Wire, wire_to

PEOPLE, GROUPS, MEMBERS, RULES = 20_000, 2_000, 12, 200
EVENTS, CONNECTIONS = 1_600, 8
TENANT = TenantId("bench-directory")
PASSWORD = "LDAP_BENCH_PASSWORD"
TEAMS = f"OU=Gruppen,{BASE}"


def assigning(functions: Functions, environment: Environment, folder: Path) -> list[Figure]:
    """Without slapd on this machine there is nothing to be measured, which is said."""
    reason = slapd.missing()
    if reason is not None:
        print(f"not measured: assignments out of a large directory, {reason}")
        return []
    figures = []
    with (
        slapd.SlapdServer(folder / "slapd", content=_content()) as server,
        wire_to(server.port) as wire,
    ):
        for name, fresh, budget in (("asked each time", 0, 1.0), ("remembered", 600, 0.0)):
            authority = AuthorityId(f"bench-{fresh}")
            with environment.connection() as conn:
                _declare(conn, authority, wire.url, fresh)
                events = list(_events(conn, authority))
            with functions.start("assign", {PASSWORD: SERVICE_PASSWORD}) as function:
                figures += _measured(function, events, wire, name, budget)
    return figures


def _measured(
    function: FunctionProcess, events: list[bytes], wire: Wire, name: str, budget: float
) -> list[Figure]:
    """Each group has been asked for once before it counts."""
    function.first_answer(events[0])
    warm_up = run(function.port, in_turns(events[1:RULES], 1), connections=1)
    warm_up.require_success()
    before, cpu = _questions(wire), function.cpu_seconds()
    load = run(function.port, in_turns(events[RULES:], CONNECTIONS), connections=CONNECTIONS)
    load.require_success()
    directory = f"{PEOPLE:,} people and {GROUPS:,} groups in slapd, {RULES} of them asked for"
    return [
        Figure(
            f"directory round trips per assignment, {name}",
            (_questions(wire) - before) / load.requests,
            budget,
            "",
            f"counted on the wire; {directory}",
        ),
        Figure(
            f"assignments per second, {name}",
            load.per_second,
            None,
            "/s",
            f"{(function.cpu_seconds() - cpu) / load.requests * 1e6:.0f} us of CPU each; "
            f"{CONNECTIONS} connections, {directory}",
        ),
    ]


def _questions(wire: Wire) -> int:
    """Each connection begins with a round trip to bind, which is no assignment's."""
    return wire.round_trips - wire.connections


def _content() -> str:
    chosen = random.Random(5)
    people = [below(f"OU=Amt {n % 40},{BASE}", f"Kraft {n:05}") for n in range(PEOPLE)]
    units = [BASE, ACCOUNTS, TEAMS, *(f"OU=Amt {number},{BASE}" for number in range(40))]
    head: ldif.Attributes = {
        "objectClass": ["dcObject", "organization"],
        "dc": ["amt"],
        "o": ["Amt"],
    }
    reader = _person(READER) | {"userPassword": [SERVICE_PASSWORD]}
    return "".join(
        [
            ldif.entry(DOMAIN, head),
            *(ldif.entry(dn, {"objectClass": ["organizationalUnit"]}) for dn in units),
            ldif.entry(READER, reader),
            *(ldif.entry(dn, _person(dn)) for dn in people),
            *(
                ldif.entry(
                    _team(number),
                    {
                        "objectClass": ["groupOfNames"],
                        "member": [*chosen.sample(people, MEMBERS)],
                    },
                )
                for number in range(GROUPS)
            ),
        ]
    )


def _person(dn: str) -> ldif.Attributes:
    return {"objectClass": ["inetOrgPerson"], "sn": [leaf(dn)]}


def _team(number: int) -> str:
    return below(TEAMS, f"Team {number:04}")


def _declare(conn: psycopg.Connection, authority: AuthorityId, url: str, fresh: int) -> None:
    """One form for each of the groups."""
    directory = {
        "id": authority,
        "kind": "openldap",
        "servers": [url],
        "allow_plain": True,
        "base": BASE,
        "bind_dn": READER,
        "password": f"env:{PASSWORD}",
        "authorities": [authority],
        "fresh_seconds": fresh,
    }
    rules = [
        {
            "id": f"{authority}-{number}",
            "authority": authority,
            "form": f"form-{number}",
            "group": _team(number),
        }
        for number in range(RULES)
    ]
    conn.execute(
        "INSERT INTO tenants (id, document) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [TENANT, json.dumps({"id": TENANT, "name": "Bench"})],
    )
    for table, entries in (("directories", [directory]), ("assignment_rules", rules)):
        for entry in entries:
            conn.execute(
                f"INSERT INTO {table} (tenant, id, document) VALUES (%s, %s, %s)".encode(),
                [TENANT, entry["id"], json.dumps(entry)],
            )
    conn.commit()


def _events(conn: psycopg.Connection, authority: AuthorityId) -> Iterator[bytes]:
    cases = PostgresCases(conn, timedelta(hours=1))
    for number in range(EVENTS):
        case = a_case(form_id=f"form-{number % RULES}")
        yield request_bytes("/", *binary(routed(cases, case, authority, TENANT)))
    conn.commit()
