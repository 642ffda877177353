"""The running intake refuses: what is cut off, malformed or not ours, and leaves nothing."""

import socket
from pathlib import Path

import psycopg

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from tests.functions.receive.bodies import (
    BOUNDARY,
    a_body,
    a_part,
    form_part,
)
from tests.functions.receive.intake import NOTHING, Intake, eventually, running_intake


def test_an_expired_upload_is_answered_with_try_again(intake: Intake) -> None:
    """The sweep is faster than a slow sender."""
    body = a_body(a_part("attachment", b"x" * 200_000, "a.txt"), form_part())
    with socket.create_connection((HOST, intake.port)) as connection:
        connection.sendall(_head(len(body)) + body[:150_000])
        eventually(lambda: intake.count("uploads") == 1)
        with psycopg.connect(intake.database_url) as conn:
            conn.execute("UPDATE uploads SET state = 'expired', expired_at = now()")
        connection.sendall(body[150_000:])
        answer = connection.recv(65536)

    assert b" 503 " in answer.split(b"\r\n")[0]
    assert b"Retry-After: " in answer
    assert intake.left_behind() == NOTHING


def test_a_body_that_breaks_off_leaves_nothing_behind(intake: Intake) -> None:
    body = a_body(form_part(), a_part("attachment", b"x" * 200_000, "a.txt"))
    with socket.create_connection((HOST, intake.port)) as connection:
        connection.sendall(_head(len(body)) + body[:150_000])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert b" 400 " in answer.split(b"\r\n")[0]
    assert intake.left_behind() == NOTHING


def test_refusals_leave_nothing_behind_and_are_recorded_without_content(intake: Intake) -> None:
    file = a_part("attachment", b"x" * 100_000, "Muster.pdf")
    assert intake.deliver(file, form_part(b"{"))[0] == 400
    assert intake.deliver(file)[0] == 400
    assert intake.deliver(file, form_part(b"{}"))[0] == 422
    assert intake.post(b"{}", "application/json")[0] == 415
    assert intake.post(b"", "multipart/form-data")[0] == 400

    assert intake.left_behind() == NOTHING
    assert [row[0] for row in intake.rows("SELECT code FROM refusals ORDER BY id")] == [
        "malformed-json",
        "form-missing",
        "wrong-type",
        "not-multipart",
        "bad-boundary",
    ]
    assert "Muster" not in intake.log.read_text()


def test_paths_and_methods_that_are_not_ours_are_answered_as_problems(intake: Intake) -> None:
    def ask(method: str, path: str) -> tuple[int, str | None]:
        answer = intake.http.request(method, f"http://{HOST}:{intake.port}{path}")
        return answer.status, answer.headers.get("Allow")

    assert ask("GET", "/readyz") == (200, None)
    assert ask("POST", "/nowhere") == (404, None)
    assert ask("GET", "/antrag") == (405, "POST")
    assert intake.count("refusals") == 0


def test_a_sender_that_announces_a_body_and_sends_none_does_not_hold_a_thread(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    impatient = {"READ_TIMEOUT_SECONDS": "0.5"}
    with (
        running_intake(
            database_url, object_store_server, bucket, tmp_path, settings=impatient
        ) as intake,
        socket.create_connection((HOST, intake.port), timeout=20) as connection,
    ):
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        answer = connection.recv(65536)

    assert b" 404 " in answer.split(b"\r\n")[0]


def test_a_broken_chunk_is_the_senders_to_mend(intake: Intake) -> None:
    head = _head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with socket.create_connection((HOST, intake.port)) as connection:
        connection.sendall(head + b"zz\r\n" + a_body(form_part()))
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert b" 400 " in answer.split(b"\r\n")[0]
    assert intake.left_behind() == NOTHING


def test_a_size_that_no_column_holds_is_refused_like_any_other(intake: Intake) -> None:
    with socket.create_connection((HOST, intake.port)) as connection:
        connection.sendall(_head(10**20))
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert b" 413 " in answer.split(b"\r\n")[0]


def test_a_file_name_with_nul_is_refused_and_stands_in_no_log(intake: Intake) -> None:
    disposition = b'Content-Disposition: form-data; name="attachment"; '
    part = disposition + b"filename*=utf-8''Muster%00.pdf\r\n\r\nx"

    status, problem = intake.deliver(form_part(), part)

    assert (status, problem["type"]) == (422, "/problems/text-not-storable")
    assert problem["place"] == "part 2"
    assert intake.left_behind() == NOTHING
    assert "Muster" not in intake.log.read_text()


def _head(length: int) -> bytes:
    return (
        f"POST /antrag HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    ).encode()
