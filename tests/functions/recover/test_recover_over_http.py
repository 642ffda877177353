"""recover as it is deployed: a process of its own, a sink, a PostgreSQL that may be away."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import urllib3

from infra.local.ports import HOST, free_port
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.events import PostgresEvents
from shared.domain.dead_letter import DeadLetterState
from shared.runtime.cloud_events import binary
from tests.functions.recover.sink import PING, Sink, a_sink
from tests.functions.recover.stores import a_due_case, waking
from tests.roles import as_role

Connection = psycopg.Connection[Any]
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as server:
        yield server


@contextmanager
def recover_at(database_url: str, sink_url: str) -> Iterator[str]:
    """The function's URL, once it is ready."""
    port = free_port()
    program = str(Path(sys.executable).with_name("functions-framework"))
    arguments = ["--source=functions/recover/main.py", "--target=handle", f"--port={port}"]
    process = subprocess.Popen(
        [program, *arguments, f"--host={HOST}"],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        env={
            "PATH": os.environ["PATH"],
            "THREADS": "4",
            "DATABASE_URL": database_url,
            "K_SINK": sink_url,
            "S3_BUCKET": "unused",
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
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
    pytest.fail("recover did not become ready")


def post(url: str, headers: dict[str, str], body: bytes = b"") -> int:
    answer = urllib3.request("POST", url, headers=headers, body=body, retries=False, timeout=60)
    return answer.status


@pytest.fixture
def recover(database_url: str, sink: Sink) -> Iterator[str]:
    with recover_at(as_role(database_url, "lotse_recover"), sink.url) as url:
        yield url


def test_a_ping_sends_what_is_due_byte_for_byte(recover: str, sink: Sink, conn: Connection) -> None:
    case = a_due_case(conn)
    headers, body = binary(PostgresEvents(conn).last(case.id))

    assert post(recover, PING) == 200
    assert post(recover, PING) == 200

    ((sent_headers, sent_body),) = sink.taken
    assert sent_body == body
    assert headers.items() <= sent_headers.items()


def test_what_the_sink_did_not_take_is_due_again_and_sent_by_a_later_run(
    recover: str, sink: Sink, conn: Connection
) -> None:
    case = a_due_case(conn)
    sink.status = 503

    assert post(recover, PING) == 200

    until, attempts = waking(conn, case)
    assert until is not None
    assert until <= timedelta()
    assert attempts == 0
    sink.status = 202
    assert post(recover, PING) == 200
    assert len(sink.taken) == 2


def test_only_a_ping_starts_a_run(recover: str, sink: Sink, conn: Connection) -> None:
    a_due_case(conn)

    assert post(recover, {**PING, "ce-type": "com.example.other"}) == 422
    assert post(recover, {**PING, "ce-specversion": "9000.1"}) == 400
    assert post(recover, {}, b"garbage") == 400
    assert urllib3.request("GET", recover, retries=False).status == 405

    assert sink.taken == []


def test_copies_of_a_dead_letter_are_one_row_with_a_count(recover: str, conn: Connection) -> None:
    case = a_due_case(conn)
    event = PostgresEvents(conn).last(case.id)
    conn.rollback()
    headers, body = binary(event)

    for code in ("500", "500", "503", "500"):
        letter = {**headers, "ce-knativeerrorcode": code, "ce-knativeerrordata": "cGVyc29u"}
        assert post(f"{recover}/dead-letters", letter, body) == 200

    (kept,) = PostgresDeadLetters(conn).all()
    assert (kept.case_id, kept.seen, kept.state) == (case.id, 4, DeadLetterState.OPEN)
    assert kept.data == event.data()
    assert kept.error_code == "500"


def test_garbage_is_kept_too_but_never_its_contents(recover: str, conn: Connection) -> None:
    path = f"{recover}/dead-letters"
    garbage = [b"", b"\x00\xffErika Mustermann", b"Erika Mustermann" * 200_000]

    for body in garbage:
        assert post(path, {}, body) == 200
        assert post(path, {"content-type": "application/cloudevents+json"}, body) == 200

    kept = PostgresDeadLetters(conn).all()
    assert [letter.seen for letter in kept] == [2, 2, 2]
    everything = conn.execute("SELECT dead_letters::text FROM dead_letters").fetchall()
    assert "Mustermann" not in str(everything)


def test_without_postgres_the_broker_and_the_timer_come_again(
    database_url: str, sink: Sink
) -> None:
    nothing_there = f"postgresql://lotse_recover@{HOST}:{free_port()}/lotse"
    with recover_at(nothing_there, sink.url) as url:
        assert post(url, PING) == 503
        assert post(f"{url}/dead-letters", PING) == 503


def test_a_dead_letter_that_was_redriven_and_comes_again_is_open_again(
    database_url: str, conn: Connection, recover: str
) -> None:
    path = f"{recover}/dead-letters"
    post(path, PING)
    letters = PostgresDeadLetters(conn)
    (kept,) = letters.all()
    letters.settle(kept.id, DeadLetterState.REDRIVEN, "its last event is sent again")
    conn.commit()

    post(path, PING)

    (again,) = letters.all()
    assert (again.id, again.state, again.seen) == (kept.id, DeadLetterState.OPEN, 2)
