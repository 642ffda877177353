"""assign as it is deployed: a functions-framework process, a PostgreSQL, an LDAP server."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Queue
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
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.case import Case, Stage
from shared.domain.events import CaseRouted
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    POST_ROOM,
    AccountId,
    AuthorityId,
    CaseId,
    SenderId,
    case_id,
)
from shared.runtime.cloud_events import binary
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, an_entry, routed
from tests.functions.assign.directories import PASSWORD, at
from tests.roles import as_role

Connection = psycopg.Connection[Any]
REPOSITORY = Path(__file__).parents[3]
TRADE = f"CN=Gewerbe,OU=Gruppen,OU=Amt Fördetal,{BASE_DN}"
HARBOUR_OFFICE, MARKET_OFFICE = AuthorityId("foerdetal-hafen"), AuthorityId("foerdetal-markt")
BERTA = AccountId("cd02a9b2-bdce-560d-8de4-fb3bc0efa91d")
JOERG = AccountId("fa033aa7-434c-53cb-bb6e-8bef9f4d11e2")
AENNE = AccountId("a00b74af-75bb-53c8-89f2-cf79b685f84e")
WAKE_AFTER = timedelta(minutes=1)


def declare(conn: Connection, kind: str, document: dict[str, Any]) -> None:
    conn.execute(
        f"INSERT INTO {kind} (tenant, id, document) VALUES (%s, %s, %s)",
        [TENANT, document["id"], json.dumps(document)],
    )


def serve(conn: Connection, server: EmbeddedLdap, authority: str, how: dict[str, Any]) -> None:
    """One group for each of them; how they are asked for it differs."""
    directory = at(server.url, id=authority, authorities=[authority], **how)
    declare(conn, "directories", directory.model_dump(mode="json", exclude_none=True))
    declare(conn, "assignment_rules", {"id": authority, "authority": authority, "group": TRADE})


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
    asked_each_time = {"fresh_seconds": 0}
    unforgiving = {**asked_each_time, "last_good_minutes": 0}
    serve(conn, server, TRADE_OFFICE, asked_each_time)
    serve(conn, server, HARBOUR_OFFICE, unforgiving)
    serve(conn, server, MARKET_OFFICE, {**unforgiving, "give_up_after_minutes": 0.03})
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


PING = {
    "ce-specversion": "1.0",
    "ce-type": "dev.knative.sources.ping",
    "ce-source": "/apis/v1/namespaces/lotse/pingsources/assign-upkeep-every-minute",
    "ce-id": "1",
}


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


def test_an_authority_without_a_rule_gets_it_into_its_post_room(
    function: str, conn: Connection
) -> None:
    event = a_routed_case(conn, authority=BUILDING_OFFICE)

    reply = post(function, event)

    _, decision = read(conn, event.case_id)
    assert (reply.status, decision.outcome) == (200, Outcome.NO_RULE)
    assert "assignee" not in reply.json()
    assert reply.json()["organizational_unit"] == POST_ROOM


def test_the_clearing_offices_case_has_no_reply(function: str, conn: Connection) -> None:
    reply = post(function, a_routed_case(conn, authority=CLEARING_OFFICE))

    assert (reply.status, reply.data) == (200, b"")


def test_an_unknown_case_can_never_succeed(function: str, conn: Connection) -> None:
    event = a_routed_case(conn)
    unknown = case_id(SenderId("nobody"), str(uuid4()))

    assert post(function, event.model_copy(update={"case_id": unknown})).status == 422


def test_when_the_directory_dies_in_the_middle_of_100_cases_each_is_assigned_or_in_a_tray(
    function: str, conn: Connection, ldap: tuple[EmbeddedLdap, Supervisor]
) -> None:
    server, supervisor = ldap
    offices = (TRADE_OFFICE, HARBOUR_OFFICE, MARKET_OFFICE)
    broker = Broker(function)
    for office in offices:
        broker.send(a_routed_case(conn, authority=office))
    broker.wait_until(lambda: len(broker.answers) == 3)

    for number in range(60):
        broker.send(a_routed_case(conn, authority=offices[number % 3]))
    broker.wait_until(lambda: len(broker.answers) >= 40)
    supervisor.stop("ldap")
    for number in range(37):
        broker.send(a_routed_case(conn, authority=offices[number % 3]))
    broker.wait_until(lambda: broker.has_only(HARBOUR_OFFICE) and broker.refused[HARBOUR_OFFICE])
    first = next(iter(broker.answers))
    assert post(function, first).data == broker.answers[first]
    supervisor.start(server.part())
    broker.wait_until(lambda: len(broker.answers) == 100)
    broker.close()

    found = {event: read(conn, event.case_id) for event in broker.answers}
    assert {case.stage for case, _ in found.values()} == {Stage.ASSIGNED}
    ends = {office: Counter[str]() for office in offices}
    for event, (case, decision) in found.items():
        remembered = " (remembered)" if decision.answer_from else ""
        ends[event.authority][f"{decision.outcome}{remembered}"] += 1
        assert (case.assignee is None) == (decision.outcome is Outcome.DIRECTORY_AWAY)
    assert {*ends[TRADE_OFFICE]} == {"least_open_cases", "least_open_cases (remembered)"}
    assert {*ends[HARBOUR_OFFICE]} == {"least_open_cases"}
    assert {*ends[MARKET_OFFICE]} == {"least_open_cases", "directory_away"}
    assert broker.refused[TRADE_OFFICE] == 0


class Broker:
    """Delivers at once, and again whatever was refused for now, until it is closed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: Queue[CaseRouted | None] = Queue()
        self._threads = ThreadPoolExecutor(8)
        self._running = [self._threads.submit(self._deliver) for _ in range(8)]
        self._sent: list[CaseRouted] = []
        self.answers: dict[CaseRouted, bytes] = {}
        self.refused: Counter[str] = Counter()

    def send(self, event: CaseRouted) -> None:
        self._sent.append(event)
        self._waiting.put(event)

    def has_only(self, authority: str) -> bool:
        """Everything that is not delivered yet is this authority's."""
        return all(each.authority == authority or each in self.answers for each in self._sent)

    def wait_until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not condition():
            for thread in self._running:
                assert not thread.done() or thread.exception() is None
            assert time.monotonic() < end, (len(self.answers), self.refused)
            time.sleep(0.02)

    def close(self) -> None:
        for _ in self._running:
            self._waiting.put(None)
        self._threads.shutdown()

    def _deliver(self) -> None:
        while (event := self._waiting.get()) is not None:
            reply = post(self._url, event)
            if reply.status == 503:
                self.refused[event.authority] += 1
                time.sleep(0.05)
                self._waiting.put(event)
            else:
                assert reply.status == 200
                self.answers[event] = reply.data


def test_the_timer_has_it_checked_whether_holders_are_still_there(
    function: str, conn: Connection
) -> None:
    """Änne is disabled; that two of four left at once is not believed."""
    cases = PostgresCases(conn, WAKE_AFTER)
    held = {}
    for holder in (AENNE, BERTA, *(AccountId(str(uuid4())) for _ in range(2))):
        case = cases.get(a_routed_case(conn).case_id).assigned_to(None, holder)
        cases.save(case, entry=an_entry("case.assigned"))
        held[holder] = case.id
    conn.commit()

    answer = urllib3.request("POST", f"{function}/timer", headers=PING, retries=False)

    assert (answer.status, answer.data) == (200, b"")
    conn.rollback()
    moved = [holder for holder, id_ in held.items() if cases.get(id_).assignee != holder]
    assert moved == [AENNE]
    (task,) = PostgresTasks(conn).all_open()
    assert (task.kind, task.subject) == ("directory_doubtful", f"{TENANT}/{TRADE_OFFICE}")
    row = conn.execute("SELECT failure, due_at > now() FROM directory_checks").fetchone()
    assert row == (None, True)
