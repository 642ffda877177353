"""A clamd that does not keep to its protocol, or is cut off."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from functions.recover.clamd import Clamd, address_of
from infra.local.ports import HOST
from shared.domain.errors import ScanBroken, Unavailable
from shared.domain.malware import MalwareVerdict, ScanResult

CONTENT = [b"content" * 1000] * 10


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that does this with one connection, and hangs up."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"tcp://{HOST}:{server.getsockname()[1]}"
        thread.join()


def saying(reply: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        taken = b""
        while not taken.endswith(b"\0\0\0\0"):
            taken += connection.recv(65536)
        connection.sendall(reply)

    return answer


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"stream: OK",  # cut before its end
        b"\0",
        b"OK\0",
        b"stream: \0",
        b"stream: FOUND\0",
        b"stream:  FOUNDATION\0",
        b"stream: Can't allocate memory ERROR\0",
        b"\xff\xfe\x00",
        b"x" * 10_000,
        b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
    ],
)
def test_what_is_no_verdict_is_not_taken_for_one(reply: bytes) -> None:
    with answering(saying(reply)) as url, pytest.raises(ScanBroken):
        Clamd(url, timeout=30).scan(CONTENT)


def test_being_cut_off_in_the_middle_breaks_the_scan() -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(10)

    with answering(cut) as url, pytest.raises(ScanBroken):
        Clamd(url, timeout=30).scan([b"content" * 100_000] * 100)


def test_one_that_never_answers_or_takes_nothing_is_given_up_in_time() -> None:
    given_up = threading.Event()

    def hold(connection: socket.socket) -> None:
        given_up.wait(60)

    for content in (CONTENT, [b"content" * 100_000] * 100):
        given_up.clear()
        with answering(hold) as url:
            with pytest.raises(ScanBroken, match="timeout"):
                Clamd(url, timeout=0.2).scan(content)
            given_up.set()


def test_one_that_drips_its_answer_is_given_up_in_time() -> None:
    given_up = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"s")
        while not given_up.wait(0.05):
            connection.sendall(b"t")

    with answering(drip) as url:
        with pytest.raises(ScanBroken, match="timeout"):
            Clamd(url, timeout=0.5).scan(CONTENT)
        given_up.set()


def test_a_signature_is_told_in_safe_letters_only() -> None:
    reply = "stream: Böse\nSache <script> FOUND\0".encode()

    with answering(saying(reply)) as url:
        result = Clamd(url, timeout=30).scan(CONTENT)

    assert result.verdict is MalwareVerdict.INFECTED
    assert result.code == "B__se_Sache__script_"


@pytest.mark.parametrize(
    "heuristic", ["Heuristics.Limits.Exceeded.MaxFileSize", "Heuristics.Encrypted.PDF"]
)
def test_what_clamd_did_not_look_into_is_not_malware(heuristic: str) -> None:
    with answering(saying(f"stream: {heuristic} FOUND\0".encode())) as url:
        result = Clamd(url, timeout=30).scan(CONTENT)

    assert result == ScanResult(verdict=MalwareVerdict.NOT_SCANNABLE, code=heuristic)


def test_something_else_under_its_address_is_no_scanner() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\0")
        connection.recv(100)

    with answering(greet) as url, pytest.raises(Unavailable):
        Clamd(url, timeout=30).ping()


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://clamd:3310", ("clamd", 3310)),
        ("tcp://[::1]:3310", ("::1", 3310)),
        ("unix:/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
    ],
)
def test_an_address_is_a_host_and_port_or_a_socket(url: str, address: object) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "clamd", "clamd:3310", "tcp://clamd", "tcp://:3310", "tcp://clamd:x", "unix:clamd.ctl",
     "unix://host/clamd.ctl", "http://clamd:3310", "tcp://clamd:3310/x"],
)  # fmt: skip
def test_anything_else_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        address_of(url)


def test_what_is_said_before_the_end_is_no_verdict_on_the_whole() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"stream: OK\0")

    with answering(answer) as url, pytest.raises(ScanBroken):
        Clamd(url, timeout=10).scan([b"x" * 1_000_000] * 100)
