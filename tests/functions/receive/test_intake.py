"""The running intake, from the socket to Postgres and S3."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.bodies import (
    CONTENT_TYPE,
    a_body,
    a_field,
    a_form,
    a_part,
    form_part,
)
from tests.functions.receive.intake import Intake, eventually, running_intake

MEBIBYTE = 1024 * 1024


def test_an_application_is_stored_with_its_event_and_record(intake: Intake) -> None:
    status, answer = intake.deliver(form_part(a_form(transactionId="4711")))

    assert status == 200
    case = case_id(SenderId("formserver"), "4711")
    assert answer["vorgang"]["vorgangId"] == str(case)
    assert answer["vorgang"]["status"] == "NEU"
    assert intake.rows("SELECT id, stage, is_test FROM cases") == [(case, "received", False)]
    assert intake.rows("SELECT case_id, type FROM events") == [
        (case, "de.antragslotse.case.received.v1")
    ]
    assert intake.count("case_log") == 1
    assert intake.rows("SELECT next_wake_at > now() FROM cases") == [(True,)]
    assert intake.objects() == []


def test_the_field_tree_comes_back_as_it_was_sent(intake: Intake) -> None:
    number = '{"name": "n", "label": "N", "numberValue": 1E400, "unit": -0.10}'
    form = json.dumps(a_form(a_field(), transactionId="4711"))[:-2] + f", {number}]}}"
    assert intake.deliver(form_part(form.encode()))[0] == 200

    with psycopg.connect(intake.database_url) as conn:
        case = case_id(SenderId("formserver"), "4711")
        submission = PostgresSubmissions(conn).get(case)
        assert PostgresSubmissions(conn).original(case).data == form.encode()

    assert [field.value for field in submission.fields] == ["Muster", "1E400"]
    assert submission.fields[1].extra == {"unit": "-0.10"}
    assert submission.leika_keys == ("99050012104000",)


def test_files_are_stored_and_named(intake: Intake) -> None:
    status, _ = intake.deliver(
        a_part("attachment", b"one", "../eins.txt"),
        form_part(),
        a_part("representation", b"%PDF-1.7", "Antrag.pdf", "application/pdf"),
    )

    assert status == 200
    rows = intake.rows(
        "SELECT kind, name, original_name, size, encode(sha256, 'hex'), object_key "
        "FROM attachments ORDER BY position"
    )
    assert [row[:4] for row in rows] == [
        ("attachment", "eins.txt", "../eins.txt", 3),
        ("representation", "Antrag.pdf", "Antrag.pdf", 8),
    ]
    assert rows[0][4] == hashlib.sha256(b"one").hexdigest()
    assert sorted(intake.objects()) == sorted(row[5] for row in rows)
    assert intake.rows("SELECT state FROM uploads") == [("consumed",)]


def test_what_a_file_looks_like_is_kept_beside_what_it_is_said_to_be(intake: Intake) -> None:
    program = b"MZ\x90\x00" + bytes(9000)
    status, _ = intake.deliver(
        form_part(),
        a_part("attachment", b"%PDF-1.7", "Antrag.pdf", "application/pdf"),
        a_part("attachment", program, "Rechnung.pdf", "application/pdf"),
        a_part("attachment", b"", "leer.pdf", "application/pdf"),
    )

    assert status == 200
    assert intake.rows(
        "SELECT media_type, detected_media_type, flags FROM attachments ORDER BY position"
    ) == [
        ("application/pdf", "application/pdf", []),
        ("application/pdf", "application/x-msdownload", ["media-type-differs"]),
        ("application/pdf", None, ["file-empty"]),
    ]


def test_a_repeat_gets_the_first_answer_and_changes_nothing(intake: Intake) -> None:
    parts = (form_part(), a_part("attachment", b"one", "a.txt"))
    first = intake.deliver(*parts)

    assert intake.deliver(*parts) == first
    assert intake.deliver(form_part()) == first

    assert intake.count("cases") == intake.count("events") == intake.count("case_log") == 1
    assert len(intake.objects()) == intake.count("attachments") == intake.count("uploads") == 1


def test_a_repeat_with_other_files_keeps_them_as_a_further_version_once(intake: Intake) -> None:
    first = intake.deliver(form_part(), a_part("attachment", b"rendered once", "a.pdf"))
    for _ in range(2):
        again = intake.deliver(form_part(), a_part("attachment", b"rendered anew", "a.pdf"))
        assert again == first

    assert intake.rows("SELECT version, flags FROM attachments ORDER BY version") == [
        (1, []),
        (2, ["further-version"]),
    ]
    assert intake.count("case_log") == 2
    assert len(intake.objects()) == 2


def test_other_content_under_a_known_id_is_refused_and_nothing_is_overwritten(
    intake: Intake,
) -> None:
    intake.deliver(form_part())

    status, problem = intake.deliver(form_part(a_form(a_field(stringValue="Anders"))))

    assert (status, problem["type"]) == (409, "/problems/transaction-id-reused")
    assert "Anders" not in json.dumps(problem)
    assert intake.count("cases") == intake.count("submissions") == 1
    assert intake.rows("SELECT sender, status, code FROM refusals") == [
        ("formserver", 409, "transaction-id-reused")
    ]


def test_the_same_content_under_another_id_is_linked_and_not_dropped(intake: Intake) -> None:
    for transaction_id in ("first", "second"):
        assert intake.deliver(form_part(a_form(transactionId=transaction_id)))[0] == 200

    with psycopg.connect(intake.database_url) as conn:
        first, second = (case_id(SenderId("formserver"), name) for name in ("first", "second"))
        assert PostgresSubmissions(conn).probable_duplicates(first) == [second]


def test_a_deleted_case_does_not_come_back(intake: Intake) -> None:
    first = intake.deliver(form_part(), a_part("attachment", b"one", "a.txt"))
    with psycopg.connect(intake.database_url) as conn:
        conn.execute(
            """
            INSERT INTO tombstones (case_id, sender, transaction_id, sequence_number, received_at)
            SELECT id, sender, transaction_id, sequence_number, received_at FROM cases
            """
        )
        for table in ("attachments", "uploads", "events", "case_log", "submissions", "cases"):
            conn.execute(f"DELETE FROM {table}".encode())

    assert intake.deliver(form_part(), a_part("attachment", b"one", "a.txt")) == first
    assert intake.count("cases") == 0


def test_many_at_once_with_one_id_make_one_case(intake: Intake) -> None:
    answers: list[tuple[int, str]] = []

    def deliver(content: bytes) -> None:
        body = a_body(form_part(), a_part("attachment", content, "a.txt"))
        answer = intake.http.request(
            "POST",
            f"http://{HOST}:{intake.port}/antrag",
            body=body,
            headers={"Content-Type": CONTENT_TYPE},
        )
        answers.append((answer.status, answer.data.decode()))

    threads = [threading.Thread(target=deliver, args=(b"%d" % (n % 2),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8
    assert len(set(answers)) == 1
    assert answers[0][0] == 200
    assert intake.count("cases") == 1
    assert intake.count("attachments") == len(intake.objects()) == 2


def test_a_large_file_never_lies_in_memory(intake: Intake) -> None:
    intake.deliver(form_part(), a_part("attachment", b"x" * 9 * MEBIBYTE, "warm.bin"))
    before = intake.resident()
    head, tail = a_body(
        form_part(a_form(transactionId="big")), a_part("attachment", b"@@", "big.bin")
    ).split(b"@@")

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(100):
            yield b"x" * MEBIBYTE
        yield tail

    peak = before
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(intake.post(body())[0]))
    thread.start()
    while thread.is_alive():
        peak = max(peak, intake.resident())
        time.sleep(0.01)

    assert answers == [200]
    assert intake.rows("SELECT size FROM attachments WHERE name = 'big.bin'") == [(100 * MEBIBYTE,)]
    assert peak - before <= 32 * MEBIBYTE


def test_limits_are_settings(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    limits = {"MAX_REQUEST_BYTES": "100000", "MAX_FILE_BYTES": "5000", "MAX_FORM_BYTES": "2000"}
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, settings=limits
    ) as intake:
        assert intake.deliver(form_part())[0] == 200
        assert intake.post(b"x" * 100_001)[0] == 413
        assert intake.post(iter([b"\r\n" * 60_000] * 2))[0] == 413
        assert intake.deliver(form_part(), a_part("attachment", b"x" * 5001, "a"))[0] == 413
        assert intake.deliver(form_part(a_form(a_field(stringValue="x" * 2000))))[0] == 413
        assert intake.count("cases") == 1


def test_senders_prove_who_they_are(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    basic = {"kind": "basic", "username": "afm", "passwords": ["env:AFM_OLD", "env:AFM_NEW"]}
    senders = (
        {"id": "with-password", "platform": "ozg_cloud", "authentication": basic},
        {
            "id": "with-token",
            "platform": "ozg_cloud",
            "authentication": {"kind": "bearer", "tokens": ["env:TOKEN"]},
            "is_test": True,
        },
    )
    secrets = {"AFM_OLD": "old", "AFM_NEW": "new", "TOKEN": "t0ken"}
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, senders, secrets
    ) as intake:

        def deliver(authorization: str | None) -> int:
            headers = {} if authorization is None else {"Authorization": authorization}
            form = a_form(transactionId=str(uuid4()))
            return intake.post(a_body(form_part(form)), **headers)[0]

        assert deliver("Basic YWZtOm9sZA==") == deliver("basic YWZtOm5ldw==") == 200
        assert deliver("Bearer t0ken") == 200
        for wrong in (
            None,
            "Basic YWZtOndyb25n",
            "Basic !",
            "Bearer old",
            "Bearer ",
            "Negotiate x",
        ):
            assert deliver(wrong) == 401
        assert intake.rows("SELECT sender, is_test FROM cases ORDER BY sequence_number") == [
            ("with-password", False),
            ("with-password", False),
            ("with-token", True),
        ]


def test_the_event_is_published_and_a_failure_wakes_the_case_at_once(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    with (
        _sink() as (url, received, statuses),
        running_intake(
            database_url, object_store_server, bucket, tmp_path, settings={"K_SINK": url}
        ) as intake,
    ):
        intake.deliver(form_part(a_form(transactionId="a")))
        eventually(lambda: len(received) == 1)
        assert received == [str(intake.rows("SELECT id FROM events")[0][0])]

        statuses.append(500)
        assert intake.deliver(form_part(a_form(transactionId="b")))[0] == 200
        late = "SELECT transaction_id FROM cases WHERE next_wake_at <= now()"
        eventually(lambda: intake.rows(late) == [("b",)])


@pytest.mark.parametrize("away", ["DATABASE_URL", "S3_ENDPOINT_URL"])
def test_when_a_store_is_away_the_sender_is_told_to_try_again(
    away: str, database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    nowhere = {
        "DATABASE_URL": f"postgresql://lotse_receive@{HOST}:9/lotse",
        "S3_ENDPOINT_URL": f"http://{HOST}:9",
    }
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, settings={away: nowhere[away]}
    ) as intake:
        status, problem = intake.deliver(form_part(), a_part("attachment", b"x", "a.txt"))
        assert (status, problem["retryable"]) == (503, True)
        assert intake.count("cases") == 0


class _Sink(BaseHTTPRequestHandler):
    received: list[str]
    statuses: list[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(self.headers["ce-id"])
        self.send_response(self.statuses[-1])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _sink() -> Iterator[tuple[str, list[str], list[int]]]:
    received: list[str] = []
    statuses = [202]
    handler = type("Sink", (_Sink,), {"received": received, "statuses": statuses})
    server = ThreadingHTTPServer((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}", received, statuses
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
