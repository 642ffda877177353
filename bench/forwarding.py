"""One dead destination among ten: what it costs the cases of the other nine."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg

from bench.figures import Figure
from bench.functions import Functions
from bench.load import request_bytes, run
from bench.processes import FunctionProcess
from bench.servers import Environment
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case
from shared.domain.events import CaseAssigned
from shared.domain.identifiers import AccountId, AuthorityId, TenantId
from shared.domain.submission import Submission
from shared.domain.submission_text import write_submission
from shared.runtime.cloud_events import binary
from tests.factories import a_case, an_entry, routed

TENANT = TenantId("bench-forwarding")
AUTHORITY = AuthorityId("bench-forwarding")
SECRET, SECRET_NAME = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "FORWARDING_BENCH_SECRET"
DESTINATIONS, CASES_EACH = 10, 90
CONNECTIONS = 8
BUDGET = 0.9
DEAD = "destination-0"


def forwarding(functions: Functions, environment: Environment) -> list[Figure]:
    """Dead is one that takes the connection and never answers. Its cases come among the others,
    from the first moment on: before its circuit breaker has opened."""
    sink = environment.functions["receive"]["K_SINK"]
    with never_answering() as dead:
        with environment.connection() as conn:
            _declare(conn, sink, dead)
        rates = []
        for with_dead in (False, True, False, True):
            with environment.connection() as conn:
                conn.execute("DELETE FROM destination_standings")
                events = _events(conn, with_dead=with_dead)
            with functions.start("forward", {SECRET_NAME: SECRET}) as function:
                rates.append(_rate(function, environment, events))
    (alone, among), (alone_again, among_again) = rates[:2], rates[2:]
    tried = _tried(environment)
    return [
        Figure(
            "forwarded per second to nine destinations while a tenth is dead",
            (among + among_again) / (alone + alone_again),
            BUDGET,
            "x",
            f"{among:.0f} and {among_again:.0f} per second / {alone:.0f} and {alone_again:.0f} "
            f"without its cases; {CASES_EACH} cases for each destination, {CONNECTIONS} "
            f"connections; {tried / 2:.0f} attempts at the dead one, of 10 s each",
            at_most=False,
        )
    ]


@contextmanager
def never_answering() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def _declare(conn: psycopg.Connection, sink: str, dead: str) -> None:
    conn.execute("INSERT INTO tenants (id, document) VALUES (%s, '{}')", [TENANT])
    for number in range(DESTINATIONS):
        id_ = f"destination-{number}"
        settings = {
            "kind": "webhook",
            "url": dead if id_ == DEAD else sink,
            "secret": f"env:{SECRET_NAME}",
        }
        document = {"id": id_, "when": "on_assignment", "forms": [id_], "settings": settings}
        conn.execute(
            "INSERT INTO destinations (tenant, id, document) VALUES (%s, %s, %s)",
            [TENANT, id_, json.dumps(document)],
        )


def _events(conn: psycopg.Connection, *, with_dead: bool) -> list[bytes]:
    """Cases as assign leaves them, those of the destinations in turns."""
    numbers = range(0 if with_dead else 1, DESTINATIONS)
    return [
        request_bytes("/", *binary(_assigned(conn, f"destination-{number}")))
        for _ in range(CASES_EACH)
        for number in numbers
    ]


def _assigned(conn: psycopg.Connection, form: str) -> CaseAssigned:
    cases = PostgresCases(conn, timedelta(minutes=10))
    new = a_case(transaction_id=str(uuid4()), form_id=form)
    case = cases.get(routed(cases, new, tenant=TENANT, authority=AUTHORITY).case_id)
    _store_submission(conn, case)
    case, event = case.assigned_to(None, AccountId("0815")).announce(
        CaseAssigned, authority=case.authority
    )
    cases.save(case, entry=an_entry("case.assigned"), event=event)
    return event


def _store_submission(conn: psycopg.Connection, case: Case) -> None:
    submission = Submission(sender=case.sender, transaction_id=case.transaction_id)
    text = write_submission(submission)
    conn.execute(
        "INSERT INTO submissions (case_id, control, fields, original, original_media_type,"
        " fingerprint, fingerprint_version) VALUES (%s, %s, %s, '{}', 'application/json', '', 1)",
        [case.id, text.control, text.fields],
    )


def _rate(function: FunctionProcess, environment: Environment, events: list[bytes]) -> float:
    """Of the nine: arrived per second, from their first attempt to their last answer."""
    function.first_answer(events[-1])
    began = _count(environment, "SELECT coalesce(max(extract(epoch FROM started_at)), 0)")
    run(function.port, _shared(events[:-1]), connections=CONNECTIONS).require_success()
    arrived = _count(environment, "SELECT count(*)", began)
    seconds = _count(
        environment, "SELECT extract(epoch FROM max(ended_at) - min(started_at))", began
    )
    return arrived / seconds


def _shared(requests: list[bytes]) -> Callable[[int], Iterator[bytes]]:
    """Whichever connection is free takes the next one, as a broker does."""
    lock, left = threading.Lock(), iter(requests)

    def take(_: int) -> Iterator[bytes]:
        while True:
            with lock:
                request = next(left, None)
            if request is None:
                return
            yield request

    return take


def _count(environment: Environment, what: str, since: float = 0) -> float:
    with environment.connection() as conn:
        row = conn.execute(
            f"{what} FROM forwarding_attempts a JOIN forwardings f ON f.id = a.forwarding_id"
            " WHERE f.tenant = %s AND f.destination <> %s"
            " AND extract(epoch FROM a.started_at) > %s",
            [TENANT, DEAD, since],
        ).fetchone()
    assert row is not None
    return float(row[0])


def _tried(environment: Environment) -> int:
    with environment.connection() as conn:
        row = conn.execute(
            "SELECT count(*) FROM forwarding_attempts a JOIN forwardings f"
            " ON f.id = a.forwarding_id WHERE f.tenant = %s AND f.destination = %s",
            [TENANT, DEAD],
        ).fetchone()
    assert row is not None
    return int(row[0])
