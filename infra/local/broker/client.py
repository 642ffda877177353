"""A small HTTP/1.1 client that keeps its connections to one subscriber."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

# Functions served by gunicorn close an idle connection after two seconds.
_IDLE_SECONDS = 1.0
_MAX_ANSWER = 1024 * 1024


class Unreachable(Exception):
    """No answer: refused, cut off, too late or not HTTP. The text is a class name."""


class _Stale(Exception):
    """The kept connection had been closed before the first byte of an answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> str | None:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    idle_since: float = 0.0

    @property
    def usable(self) -> bool:
        return (
            not self.reader.at_eof()
            and not self.writer.is_closing()
            and time.monotonic() - self.idle_since < _IDLE_SECONDS
        )


class Client:
    """Posts to one origin; the caller bounds how many posts run at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or 80
        self._authority = parts.netloc.encode()
        self._idle: deque[_Connection] = deque()

    async def post(
        self, path: str, headers: list[tuple[bytes, bytes]], body: bytes, timeout: float
    ) -> Answer:
        """Raise Unreachable if there is no answer within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await self._post(path, headers, body)
        except (OSError, h11.ProtocolError, asyncio.IncompleteReadError) as exc:
            # asyncio's TimeoutError is an OSError.
            raise Unreachable(type(exc).__name__) from None

    def close(self) -> None:
        while self._idle:
            self._idle.pop().writer.close()

    async def _post(self, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
        request = h11.Request(
            method="POST",
            target=path,
            headers=[
                (b"host", self._authority),
                *headers,
                (b"content-length", str(len(body)).encode()),
            ],
        )
        while kept := self._take():
            try:
                return await self._exchange(kept, request, body)
            except _Stale:
                continue
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            return await self._exchange(_Connection(reader, writer), request, body)
        except _Stale:
            raise ConnectionResetError from None

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.writer.close()
        return None

    async def _exchange(self, connection: _Connection, request: h11.Request, body: bytes) -> Answer:
        finished = False
        try:
            connection.writer.write(_bytes(connection.protocol, request, body))
            answer = await _read(connection)
            finished = True
            return answer
        finally:
            if (
                finished
                and connection.protocol.our_state is h11.DONE is connection.protocol.their_state
            ):
                connection.protocol.start_next_cycle()
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            else:
                connection.writer.close()


def _bytes(protocol: h11.Connection, request: h11.Request, body: bytes) -> bytes:
    parts = [
        protocol.send(request),
        protocol.send(h11.Data(data=body)),
        protocol.send(h11.EndOfMessage()),
    ]
    return b"".join(part or b"" for part in parts)


async def _read(connection: _Connection) -> Answer:
    response = await _next(connection)
    while isinstance(response, h11.InformationalResponse):
        response = await _next(connection)
    if not isinstance(response, h11.Response):
        raise ConnectionResetError
    body = bytearray()
    while isinstance(event := await _next(connection), h11.Data):
        body += event.data
        if len(body) > _MAX_ANSWER:
            raise ConnectionAbortedError
    return Answer(response.status_code, list(response.headers), bytes(body))


async def _next(connection: _Connection) -> h11.Event:
    protocol = connection.protocol
    while (event := protocol.next_event()) is h11.NEED_DATA:
        try:
            data = await connection.reader.read(65536)
        except ConnectionError:
            data = b""
        if not data and protocol.their_state is h11.SEND_RESPONSE and not protocol.trailing_data[0]:
            raise _Stale
        protocol.receive_data(data)
    if isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
        raise ConnectionResetError
    return event
