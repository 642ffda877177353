"""Fetching from Form-Solutions: from the timer's ping to the case and the status over there."""

import base64
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import urllib3

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.forms_server import (
    FORM,
    KEY,
    RETRIEVE,
    TENANT,
    V2,
    FormsServer,
    Reply,
    a_data_set,
    forms_server,
)
from tests.functions.receive.intake import Intake, running_intake

PING = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "dev.knative.sources.ping",
    "ce-source": "/apis/v1/namespaces/lotse/pingsources/receive-polls-every-minute",
}
Start = Callable[..., Intake]
MEBIBYTE = 1024 * 1024


@pytest.fixture
def forms() -> Iterator[tuple[FormsServer, str]]:
    with forms_server() as running:
        yield running


@pytest.fixture
def server(forms: tuple[FormsServer, str]) -> FormsServer:
    return forms[0]


@pytest.fixture
def start(
    forms: tuple[FormsServer, str],
    database_url: str,
    object_store_server: EmbeddedS3,
    bucket: str,
    tmp_path: Path,
) -> Iterator[Start]:
    """Starts an intake process that polls the server; the settings of `pull` are the test's."""
    with ExitStack() as stack:

        def started(environment: dict[str, str] | None = None, **pull: Any) -> Intake:
            folder = tmp_path / uuid4().hex
            folder.mkdir()
            with psycopg.connect(database_url) as conn:
                conn.execute("DELETE FROM senders")
            return stack.enter_context(
                running_intake(
                    database_url,
                    object_store_server,
                    bucket,
                    folder,
                    (a_sender(forms[1], **pull),),
                    {"FORMS_KEY": KEY, **(environment or {})},
                )
            )

        yield started


def a_sender(url: str, **pull: Any) -> dict[str, Any]:
    return {
        "id": "forms",
        "platform": "form_solutions",
        "authentication": {"kind": "polled"},
        "form_solutions": {
            "forms": [{"id": FORM, "leika_keys": ["99050012104000"]}],
            "pull": {
                "base_url": url,
                "tenant": TENANT,
                "api_key": "env:FORMS_KEY",
                "report": "READ",
                "allow_plain": True,
                "timeout_seconds": 5,
                **pull,
            },
        },
    }


def post(intake: Intake, headers: dict[str, str], body: bytes = b"") -> urllib3.BaseHTTPResponse:
    url = f"http://{HOST}:{intake.port}/polls"
    return intake.http.request("POST", url, headers=headers, body=body)


def ping(intake: Intake) -> None:
    """The next minute."""
    with psycopg.connect(intake.database_url) as conn:
        conn.execute("UPDATE polls SET due_at = now()")
    answer = post(intake, PING)
    assert (answer.status, answer.data) == (200, b"")


def cases(intake: Intake) -> list[str]:
    return [row[0] for row in intake.rows("SELECT transaction_id FROM cases ORDER BY 1")]


def poll_of(intake: Intake) -> tuple[Any, ...]:
    (row,) = intake.rows("SELECT last_error, failures, lease_owner IS NULL FROM polls")
    return row


def make_due(intake: Intake) -> None:
    """The distance to the next attempt has passed."""
    with psycopg.connect(intake.database_url) as conn:
        conn.execute("UPDATE polled_submissions SET due_at = now()")


def test_what_is_listed_becomes_a_case_and_is_reported(server: FormsServer, start: Start) -> None:
    server.add("AS_940000-a", "AS_940000-b")
    intake = start()

    ping(intake)

    assert cases(intake) == ["AS_940000-a", "AS_940000-b"]
    assert [server.status_of(id_) for id_ in cases(intake)] == ["READ", "READ"]
    assert intake.count("events") == 2
    assert poll_of(intake) == (None, 0, True)
    ping(intake)
    assert server.fetched() == {"AS_940000-a": 1, "AS_940000-b": 1}


def test_everything_of_a_submission_is_kept(server: FormsServer, start: Start) -> None:
    pdf, photo = os.urandom(100_000), os.urandom(1000)
    attachments = [
        {"name": "Häuschen.jpg", "contentType": "image/jpeg", "content": encoded(photo)},
        {"content": encoded(b"late"), "name": "late.txt"},
    ]
    secure = {"Origin": "BUNDID", "StorkQaaLevel": "STORK-QAA-Level-1", "FirstName": "Erika"}
    members = {"pdf": encoded(pdf), "attachments": attachments, "secureData": secure}
    server.add("AS_940000-a", payload='{"Ordnungsziffer": "7"}', **members)
    intake = start()

    ping(intake)

    with psycopg.connect(intake.database_url) as conn:
        case = case_id(SenderId("forms"), "AS_940000-a")
        submission = PostgresSubmissions(conn).get(case)
        original = PostgresSubmissions(conn).original(case)
    assert original.data == a_data_set("AS_940000-a", Nachname="Mustermann").encode()
    assert (submission.form_id, submission.leika_keys) == (FORM, ("99050012104000",))
    assert [field.name for field in submission.fields] == ["Nachname", "secureData"]
    assert submission.service_account is not None
    assert submission.service_account.type == "bundid"
    extra = submission.control_extra
    assert (extra["payload"], extra["submissionDate"]) == (
        '{"Ordnungsziffer": "7"}',
        "1455801335305",
    )
    assert extra["submittedAt"].startswith("2016-02-18T")
    assert "status" not in extra
    assert extra["attachments"][1]["name"] == "late.txt"
    rows = intake.rows("SELECT kind, name, size, flags FROM attachments ORDER BY position")
    assert rows == [
        ("representation", "AS_940000-a.pdf", len(pdf), []),
        ("attachment", "Häuschen.jpg", len(photo), []),
        ("attachment", "attachment-3", 4, ["file-name-missing"]),
    ]


def encoded(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def test_the_older_service_is_read_and_told(server: FormsServer, start: Start) -> None:
    server.add("AS_940000-a", pdf=encoded(b"%PDF-1.7"))
    intake = start(api="retrieve", report="DELETED")

    ping(intake)

    assert cases(intake) == ["AS_940000-a"]
    assert server.status_of("AS_940000-a") == "DELETED"
    assert [path for _, path in server.requests] == [
        f"{RETRIEVE}/transactionIDs/{TENANT}/{FORM}",
        f"{RETRIEVE}/data/{TENANT}/AS_940000-a",
        f"{RETRIEVE}/setStatus/DELETED/{TENANT}/AS_940000-a",
    ]


def test_the_documented_list_is_read(
    server: FormsServer, start: Start, reference_data: Path
) -> None:
    file = reference_data / "form-solutions/submission-api-v2-overview.json"
    server.submissions = json.loads(file.read_text("utf-8"))
    intake = start()

    ping(intake)

    assert cases(intake) == ["AS_940000-gsh7ntqS"]
    assert intake.rows("SELECT flags FROM submissions") == [(["xml-missing"],)]


def test_all_pages_are_read_and_what_is_listed_twice_is_fetched_once(
    server: FormsServer, start: Start
) -> None:
    server.add(*(f"AS_940000-{number}" for number in range(5)))
    server.add("AS_940000-0")
    server.pages = 2
    intake = start()

    ping(intake)

    assert len(cases(intake)) == 5
    assert set(server.fetched().values()) == {1}


def test_only_the_statuses_that_are_asked_for_are_fetched(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-new")
    server.add("AS_940000-closed", status="CLOSED")
    server.add("AS_940000-hidden", status="HIDDEN")
    intake = start(statuses=["NEW", "CLOSED"])

    ping(intake)

    assert cases(intake) == ["AS_940000-closed", "AS_940000-new"]
    assert server.requests[0][1] == f"{V2}?status=NEW&status=CLOSED"


def test_without_a_status_to_report_nothing_is_fetched_twice(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a")
    intake = start(report=None)

    ping(intake)
    ping(intake)

    assert server.fetched() == {"AS_940000-a": 1}
    assert server.status_of("AS_940000-a") == "NEW"


def test_what_changed_at_the_platform_is_fetched_again_and_never_overwritten(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a")
    intake = start(report=None)
    ping(intake)
    server.submissions[0]["applicantName"] = "Beispiel"

    ping(intake)

    assert server.fetched() == {"AS_940000-a": 2}
    assert intake.count("cases") == 1
    assert intake.rows("SELECT kind, subject, reason FROM tasks") == [
        ("submission_not_fetched", "forms/AS_940000-a", "transaction-id-reused")
    ]


def test_the_cursor_overlaps_and_waits_for_what_is_not_done(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-bad", xml="<form>")
    intake = start(only_modified=True, overlap_seconds=3600)

    ping(intake)
    assert intake.rows("SELECT cursors::text FROM polls") == [("{}",)]
    server.submissions[0]["xml"] = a_data_set("AS_940000-bad")
    make_due(intake)
    ping(intake)
    ping(intake)

    assert "2026-09-02T10:00:00" in intake.rows("SELECT cursors::text FROM polls")[0][0]
    assert "last-modified" not in server.headers[0]
    assert server.headers[-1]["last-modified"] == "Wed, 02 Sep 2026 09:00:00 GMT"


def test_one_that_cannot_be_read_does_not_hold_up_the_others(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-bad", xml="<form><transId>")
    server.add("AS_940000-worse", pdf="no Base64!")
    server.add("AS_940000-good")
    intake = start()

    ping(intake)
    ping(intake)

    assert cases(intake) == ["AS_940000-good"]
    assert server.fetched() == {"AS_940000-bad": 1, "AS_940000-worse": 1, "AS_940000-good": 1}
    assert server.status_of("AS_940000-bad") == "NEW"
    assert intake.rows("SELECT transaction_id, status, code FROM refusals ORDER BY 1") == [
        ("AS_940000-bad", 400, "malformed-xml"),
        ("AS_940000-worse", 422, "not-base64"),
    ]
    assert intake.count("tasks") == 2
    assert intake.objects() == []
    assert "Mustermann" not in intake.log.read_text()


def test_an_entry_without_a_usable_id_does_not_hold_up_the_others(
    server: FormsServer, start: Start
) -> None:
    server.add("..", "", "AS_940000-good", "a\0b", "x" * 256)
    server.add("AS_940000-nul", applicantName="Muster\0mann", extra="\ud800")
    intake = start()

    ping(intake)

    assert cases(intake) == ["AS_940000-good"]
    assert set(server.fetched()) == {"AS_940000-good", "AS_940000-nul"}
    assert intake.rows("SELECT transaction_id, code FROM refusals") == [
        ("AS_940000-nul", "text-not-storable")
    ]


def test_a_large_file_is_never_whole_in_memory(server: FormsServer, start: Start) -> None:
    server.add("AS_940000-warm", attachments=[{"name": "a", "content": encoded(b"one")}])
    intake = start()
    ping(intake)
    before = intake.resident()
    server.add("AS_940000-large", pdf=base64.b64encode(bytes(60 * MEBIBYTE)).decode())

    ping(intake)

    assert intake.rows("SELECT max(size) FROM attachments") == [(60 * MEBIBYTE,)]
    assert intake.resident() - before <= 32 * MEBIBYTE


def test_once_it_can_be_read_its_task_is_closed(server: FormsServer, start: Start) -> None:
    server.add("AS_940000-a", xml="<form>")
    intake = start()
    ping(intake)
    server.submissions[0]["xml"] = a_data_set("AS_940000-a")
    make_due(intake)

    ping(intake)

    assert cases(intake) == ["AS_940000-a"]
    assert intake.rows("SELECT closed_at IS NOT NULL FROM tasks") == [(True,)]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(401), "unauthorized"),
        (Reply(500), "http-500"),
        (Reply(429, headers={"Retry-After": "1200"}), "too-many-requests"),
        (Reply(302, headers={"Location": "http://192.0.2.1/"}), "redirect"),
        (Reply(200, b"[1, 2, 3]", cut_after=4), "truncated"),
        (Reply(200, b"<html>"), "list-malformed-json"),
        (Reply(200, b"{}"), "list-no-list"),
        (Reply(200, b"[]", {"Content-Encoding": "gzip"}), "bad-encoding"),
        (Reply(200, b"[]", {"Link": '<http://192.0.2.1/x>; rel="next"'}), "other-server"),
    ],
)
def test_a_list_that_cannot_be_read_lets_the_sender_wait(
    reply: Reply, code: str, server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a")
    server.before = lambda method, path: reply
    intake = start()

    ping(intake)
    post(intake, PING)

    assert poll_of(intake) == (code, 1, True)
    assert len(server.requests) == 1
    wait = intake.rows("SELECT extract(epoch FROM due_at - now())::int FROM polls")[0][0]
    assert wait > {"unauthorized": 500, "too-many-requests": 1000}.get(code, 30)
    server.before = lambda method, path: None
    ping(intake)
    assert cases(intake) == ["AS_940000-a"]


def test_a_server_that_says_nothing_is_given_up(server: FormsServer, start: Start) -> None:
    silence = threading.Event()

    def hold(method: str, path: str) -> None:
        silence.wait(60)

    server.before = hold
    intake = start(timeout_seconds=0.3)
    try:
        ping(intake)
    finally:
        silence.set()

    assert poll_of(intake) == ("timeout", 1, True)


def test_an_answer_that_breaks_off_is_fetched_again_later(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a", pdf=encoded(os.urandom(200_000)))
    server.add("AS_940000-b")
    cut = Reply(200, b'{"pdf": "' + b"A" * 300_000, cut_after=200_000)
    server.before = lambda method, path: cut if path.endswith("-a") else None
    intake = start()

    ping(intake)

    assert cases(intake) == ["AS_940000-b"]
    assert intake.rows("SELECT code, state FROM polled_submissions ORDER BY 1 NULLS LAST") == [
        ("truncated", "failed"),
        (None, "stored"),
    ]
    assert intake.count("refusals") == intake.count("tasks") == 0
    assert intake.objects() == []
    server.before = lambda method, path: None
    make_due(intake)
    ping(intake)
    assert cases(intake) == ["AS_940000-a", "AS_940000-b"]


def test_a_server_that_fails_again_and_again_is_left_alone(
    server: FormsServer, start: Start
) -> None:
    server.add(*(f"AS_940000-{number}" for number in range(9)))
    server.before = lambda method, path: Reply(503) if f"{V2}/" in path else None
    intake = start()

    ping(intake)

    assert len(server.fetched()) == 3
    assert poll_of(intake) == ("http-503", 1, True)


def test_a_report_that_fails_is_repeated_without_fetching_again(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a")
    server.before = lambda method, path: Reply(500) if method == "POST" else None
    intake = start()

    ping(intake)
    assert poll_of(intake)[0] == "status-not-reported"
    server.before = lambda method, path: None
    ping(intake)

    assert server.status_of("AS_940000-a") == "READ"
    assert server.fetched() == {"AS_940000-a": 1}
    assert poll_of(intake) == (None, 0, True)


def test_two_processes_fetch_each_submission_once(server: FormsServer, start: Start) -> None:
    server.add(*(f"AS_940000-{number}" for number in range(20)))
    one = start()
    other = start()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda intake: post(intake, PING), [one, other] * 8))

    assert len(cases(one)) == 20
    assert set(server.fetched().values()) == {1}
    assert len([method for method, _ in server.requests if method == "POST"]) == 20


def test_killed_between_commit_and_report_it_is_reported_by_the_next(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a", attachments=[{"name": "a", "content": encoded(b"one")}])
    intake = start()

    def kill(method: str, path: str) -> None:
        if method == "POST":
            intake.worker().send_signal(signal.SIGKILL)

    server.before = kill
    with pytest.raises(urllib3.exceptions.HTTPError):
        post(intake, PING)
    assert cases(intake) == ["AS_940000-a"]
    server.before = lambda method, path: None
    server.submissions[0]["status"] = "NEW"

    with lease_ended(intake):
        ping(start())

    assert server.status_of("AS_940000-a") == "READ"
    assert intake.count("cases") == intake.count("events") == 1
    assert len(intake.objects()) == 1


def test_killed_after_the_commit_of_the_case_alone_it_gets_the_first_receipt(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a", attachments=[{"name": "a", "content": encoded(b"one")}])
    intake = start()
    ping(intake)
    server.submissions[0]["status"] = "NEW"
    with psycopg.connect(intake.database_url) as conn:
        conn.execute("DELETE FROM polled_submissions")

    ping(intake)

    assert server.fetched() == {"AS_940000-a": 2}
    assert server.status_of("AS_940000-a") == "READ"
    assert intake.count("cases") == intake.count("events") == intake.count("attachments") == 1
    assert len(intake.objects()) == 1


def test_killed_while_it_fetches_it_goes_on_once_the_lease_has_ended(
    server: FormsServer, start: Start
) -> None:
    server.add("AS_940000-a", "AS_940000-b")
    intake = start()

    def kill(method: str, path: str) -> None:
        if path.endswith("-b"):
            intake.worker().send_signal(signal.SIGKILL)

    server.before = kill
    with pytest.raises(urllib3.exceptions.HTTPError):
        post(intake, PING)
    server.before = lambda method, path: None
    other = start()
    ping(other)
    assert cases(other) == ["AS_940000-a"]  # it is still leased

    with lease_ended(intake):
        ping(other)

    assert cases(other) == ["AS_940000-a", "AS_940000-b"]


@contextmanager
def lease_ended(intake: Intake) -> Iterator[None]:
    with psycopg.connect(intake.database_url) as conn:
        conn.execute("UPDATE polls SET lease_until = now() - interval '1 second'")
    yield


def test_a_run_that_has_no_time_left_goes_on_with_the_next_ping(
    server: FormsServer, start: Start
) -> None:
    server.add(*(f"AS_940000-{number}" for number in range(3)))
    intake = start({"POLL_SECONDS": "0.000001"})

    for stored in (1, 2, 3, 3):
        assert post(intake, PING).status == 200
        assert len(cases(intake)) == stored


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({**PING, "ce-type": "de.antragslotse.case.received.v1"}, 422),
        ({**PING, "ce-specversion": "9000.1"}, 400),
    ],
)
def test_nothing_else_than_a_ping_is_taken(
    headers: dict[str, str], status: int, server: FormsServer, start: Start
) -> None:
    intake = start()

    answer = post(intake, headers)

    assert (answer.status, answer.data) == (status, b"")
    assert post(intake, PING, b"x" * 100_000).status == 413
    assert intake.http.request("GET", f"http://{HOST}:{intake.port}/polls").status == 405
    assert server.requests == []


def test_a_polled_sender_delivers_nothing_itself(server: FormsServer, start: Start) -> None:
    intake = start()
    url = f"http://{HOST}:{intake.port}/form-solutions/forms"
    proof = base64.b64encode(f"{TENANT}:{KEY}".encode()).decode()
    headers = {"Content-Type": "application/xml", "Authorization": f"Basic {proof}"}

    answer = intake.http.request("POST", url, body=a_data_set("1"), headers=headers)

    assert answer.status == 401
    assert intake.count("cases") == 0
