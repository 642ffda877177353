"""assign as it is deployed: a functions-framework process, a PostgreSQL, an LDAP server."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import urllib3

from functions.assign.assignments import PostgresAssignments
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST, free_port
from infra.local.supervisor import Supervisor
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.case import Case, Stage
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, CaseId, SenderId, case_id
from shared.runtime.cloud_events import binary
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, routed
from tests.functions.assign.directories import PASSWORD, at
from tests.roles import as_role

Connection = psycopg.Connection[Any]
REPOSITORY = Path(__file__).parents[3]
TRADE = f"CN=Gewerbe,OU=Gruppen,OU=Amt Fördetal,{BASE_DN}"
BERTA, JOERG = "cd02a9b2-bdce-560d-8de4-fb3bc0efa91d", "fa033aa7-434c-53cb-bb6e-8bef9f4d11e2"
AENNE = "a00b74af-75bb-53c8-89f2-cf79b685f84e"
WAKE_AFTER = timedelta(minutes=1)


def declare(conn: Connection, kind: str, document: dict[str, Any]) -> None:
    conn.execute(
        f"INSERT INTO {kind} (tenant, id, document) VALUES (%s, %s, %s)",
        [TENANT, document["id"], json.dumps(document)],
    )


@contextmanager
def assign_at(database_url: str, password: str) -> Iterator[str]:
    """The function's URL, once it is ready."""
    port = free_port()
    program = str(Path(sys.executable).with_name("functions-framework"))
    arguments = ["--source=functions/assign/main.py", "--target=handle", f"--port={port}"]
    process = subprocess.Popen(
        [program, *arguments, f"--host={HOST}"],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        env={
            "PATH": os.environ["PATH"],
            "THREADS": "4",
            "DATABASE_URL": as_role(database_url, "lotse_assign"),
            PASSWORD: password,
        },
    )
    url = f"http://{HOST}:{port}"
    try:
        wait_until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def wait_until_ready(url: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if urllib3.request("GET", f"{url}/readyz", retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    pytest.fail("assign did not become ready")


@pytest.fixture
def ldap(tmp_path: Path) -> Iterator[tuple[EmbeddedLdap, Supervisor]]:
    """A server that the test may stop."""
    server = EmbeddedLdap(tmp_path, free_port())
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(server.part())
        yield server, supervisor


@pytest.fixture
def function(
    conn: Connection, database_url: str, ldap: tuple[EmbeddedLdap, Supervisor]
) -> Iterator[str]:
    server, _ = ldap
    conn.execute("INSERT INTO tenants (id, document) VALUES (%s, '{}')", [TENANT])
    declare(conn, "directories", at(server.url).model_dump(mode="json", exclude_none=True))
    declare(conn, "assignment_rules", {"id": "gewerbe", "authority": TRADE_OFFICE, "group": TRADE})
    conn.commit()
    with assign_at(database_url, server.password) as url:
        yield url


def a_routed_case(conn: Connection, **where: Any) -> CaseRouted:
    event = routed(PostgresCases(conn, WAKE_AFTER), a_case(), **where)
    conn.commit()
    return event


def post(url: str, event: CaseRouted) -> urllib3.BaseHTTPResponse:
    headers, body = binary(event)
    return urllib3.request("POST", url, headers=headers, body=body, retries=False)


def read(conn: Connection, id_: CaseId) -> tuple[Case, AssignmentDecision]:
    conn.rollback()
    case = PostgresCases(conn, WAKE_AFTER).get(id_)
    decision = PostgresAssignments(conn).get(id_, case.round)
    assert decision is not None
    return case, decision


def test_cases_are_shared_among_the_enabled_members_of_the_group(
    function: str, conn: Connection
) -> None:
    events = [a_routed_case(conn) for _ in range(4)]

    replies = [post(function, event) for event in events]

    assert [reply.status for reply in replies] == [200] * 4
    assert [reply.json()["assignee"] for reply in replies] == [BERTA, JOERG, BERTA, JOERG]
    assert replies[0].headers["ce-type"] == "de.antragslotse.case.assigned.v1"
    case, decision = read(conn, events[3].case_id)
    assert (case.stage, case.assignee) == (Stage.ASSIGNED, JOERG)
    assert {each.account: each.left_out or each.open_cases for each in decision.candidates} == {
        BERTA: 2,
        JOERG: 1,
        AENNE: "disabled",
    }


def test_a_redelivery_gets_the_same_event(function: str, conn: Connection) -> None:
    event = a_routed_case(conn)

    first, second = post(function, event), post(function, event)

    assert first.headers["ce-id"] == second.headers["ce-id"]
    assert first.data == second.data


def test_an_authority_without_a_rule_gets_it_into_its_tray(function: str, conn: Connection) -> None:
    event = a_routed_case(conn, authority=BUILDING_OFFICE)

    reply = post(function, event)

    _, decision = read(conn, event.case_id)
    assert (reply.status, decision.outcome) == (200, Outcome.NO_RULE)
    assert "assignee" not in reply.json()


def test_the_clearing_offices_case_has_no_reply(function: str, conn: Connection) -> None:
    reply = post(function, a_routed_case(conn, authority=CLEARING_OFFICE))

    assert (reply.status, reply.data) == (200, b"")


def test_an_unknown_case_can_never_succeed(function: str, conn: Connection) -> None:
    event = a_routed_case(conn)
    unknown = case_id(SenderId("nobody"), str(uuid4()))

    assert post(function, event.model_copy(update={"case_id": unknown})).status == 422


def test_while_the_directory_is_away_the_event_is_refused_and_later_taken(
    function: str, conn: Connection, ldap: tuple[EmbeddedLdap, Supervisor]
) -> None:
    server, supervisor = ldap
    before, meanwhile = a_routed_case(conn), a_routed_case(conn)
    assert post(function, before).status == 200

    supervisor.stop("ldap")
    assert post(function, meanwhile).status == 503
    assert post(function, before).status == 200

    supervisor.start(server.part())
    assert post(function, meanwhile).json()["assignee"] == JOERG
