"""assign as a process of functions-framework, and what is asked of it over HTTP."""

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

import psycopg
import pytest
import urllib3

from functions.assign.assignments import PostgresAssignments
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST, free_port
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case
from shared.domain.events import CaseRouted
from shared.domain.identifiers import (
    AccountId,
    AuthorityId,
    CaseId,
)
from shared.runtime.cloud_events import binary
from tests.factories import TENANT, a_case, routed
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
