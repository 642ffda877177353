"""The malware scanner clamd: a file in one INSTREAM session over TCP or a local socket.

https://docs.clamav.net/manual/Usage/Scanning.html#clamd
"""

import re
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from shared.domain.errors import ScanBroken, Unavailable
from shared.domain.malware import MalwareVerdict, ScanResult

Address = str | tuple[str, int]

_LARGEST_CHUNK = 256 * 1024
_LONGEST_REPLY = 4096
_CONNECT_SECONDS = 3.0
_END = struct.pack("!I", 0)
_FOUND = re.compile(rb"stream: (.+) FOUND", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
# What clamd "finds" where it did not look: limits of its own, and what only a password opens.
_NOT_LOOKED_INTO = ("Heuristics.Limits.", "Heuristics.Encrypted.")


def checked_address(url: str) -> str:
    """Raise ValueError if it is none."""
    address_of(url)
    return url


def address_of(url: str) -> Address:
    """`tcp://host:3310` or `unix:/path`."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return parts.path
    if parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
        return parts.hostname, parts.port
    raise ValueError("has to be tcp://HOST:PORT or unix:/PATH")


class Clamd:
    """Safe for threads: each call has a connection of its own. `timeout` is for a whole file."""

    def __init__(self, url: str, timeout: float) -> None:
        self._address = address_of(url)
        self._timeout = timeout

    def ping(self) -> None:
        with self._connected(_CONNECT_SECONDS) as session:
            session.send(b"zPING\0")
            if session.reply() != b"PONG":
                raise Unavailable("clamd does not answer as clamd does")

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        with self._connected(self._timeout) as session:
            if not session.send(b"zINSTREAM\0"):
                raise ScanBroken("clamd: cut")
            complete = all(session.send_file(piece) for piece in pieces) and session.send(_END)
            result = _read(session.reply())
        # What was said of a part of the file is no verdict on it, but that it is too large.
        if not complete and result.verdict is not MalwareVerdict.NOT_SCANNABLE:
            raise ScanBroken("clamd: cut")
        return result

    @contextmanager
    def _connected(self, seconds: float) -> Iterator["_Session"]:
        try:
            connection = _connect(self._address)
        except OSError as exc:
            raise Unavailable(f"clamd: {type(exc).__name__}") from None
        with connection:
            yield _Session(connection, seconds)


class _Session:
    """One connection, for so many seconds."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._ends = time.monotonic() + seconds

    def send_file(self, piece: bytes) -> bool:
        """False as soon as nobody takes any more of it."""
        chunks = (piece[at : at + _LARGEST_CHUNK] for at in range(0, len(piece), _LARGEST_CHUNK))
        return all(self.send(struct.pack("!I", len(chunk)) + chunk) for chunk in chunks)

    def send(self, data: bytes) -> bool:
        self._connection.settimeout(self._left())
        try:
            self._connection.sendall(data)
        except TimeoutError:
            raise ScanBroken("clamd: timeout") from None
        except OSError:
            # clamd hangs up after it has refused a file for its size: there may be an answer.
            return False
        return True

    def reply(self) -> bytes:
        """Up to the NUL that ends it. Raise ScanBroken if there is none."""
        said = b""
        while b"\0" not in said:
            if len(said) > _LONGEST_REPLY:
                raise ScanBroken("clamd: garbage")
            received = self._receive()
            if not received:
                raise ScanBroken("clamd: cut")
            said += received
        return said.partition(b"\0")[0]

    def _receive(self) -> bytes:
        self._connection.settimeout(self._left())
        try:
            return self._connection.recv(_LONGEST_REPLY)
        except TimeoutError:
            raise ScanBroken("clamd: timeout") from None
        except OSError:
            return b""

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise ScanBroken("clamd: timeout")
        return left


def _connect(address: Address) -> socket.socket:
    if not isinstance(address, str):
        return socket.create_connection(address, timeout=_CONNECT_SECONDS)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(_CONNECT_SECONDS)
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _read(reply: bytes) -> ScanResult:
    if reply == b"stream: OK":
        return ScanResult(verdict=MalwareVerdict.CLEAN)
    if reply == b"INSTREAM size limit exceeded. ERROR":
        return ScanResult(verdict=MalwareVerdict.NOT_SCANNABLE, code="too_large")
    found = _FOUND.fullmatch(reply)
    if found is None:
        raise ScanBroken("clamd: error" if reply.endswith(b"ERROR") else "clamd: garbage")
    signature = _UNSAFE.sub("_", found[1].decode("ascii", "replace"))[:100]
    verdict = MalwareVerdict.INFECTED
    if signature.startswith(_NOT_LOOKED_INTO):
        verdict = MalwareVerdict.NOT_SCANNABLE
    return ScanResult(verdict=verdict, code=signature)
