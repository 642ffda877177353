"""The bytes of a request on their way in: limited, counted, hashed, and signed along."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Protocol

from functions.receive.refusal import Refused, too_large

CHUNK = 64 * 1024


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Headers(Protocol):
    """A request's headers; names in any case."""

    def get(self, key: str, /) -> str | None: ...

    def items(self) -> Iterable[tuple[str, str]]: ...


class Incoming:
    """A `ByteStream` that raises Refused if more comes than may, or less than was announced."""

    def __init__(self, stream: ByteStream, limit: int, announced: int | None = None) -> None:
        self._stream = stream
        self._limit = limit
        self._announced = announced
        self._digest = sha256()
        self._watchers: list[Callable[[bytes], object]] = []
        self.size = 0
        self.ended = False

    def read(self, size: int, /) -> bytes:
        try:
            data = self._take(size)
        except Exception:  # noqa: BLE001 - of the socket, or the server's own for broken chunks
            raise _broken() from None
        if self.size > self._limit:
            raise too_large("The request", self._limit)
        if self.ended and self.size < (self._announced or 0):
            raise _broken()
        return data

    def watch(self, watcher: Callable[[bytes], object]) -> None:
        """Hand it every piece before the reader gets it. Before the first byte is read."""
        self._watchers.append(watcher)

    def drain(self, most: int) -> None:
        """Read on and drop what comes, so that a sender that is still sending sees our answer."""
        try:
            while most > 0 and (chunk := self._take(CHUNK)):
                most -= len(chunk)
        except Exception:  # noqa: BLE001, S110 - a broken request is answered all the same
            pass

    @property
    def sha256(self) -> bytes | None:
        """Of the whole body; None if it was not read to its end."""
        return self._digest.digest() if self.ended else None

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._digest.update(data)
        self.size += len(data)
        self.ended = not data
        for watch in self._watchers:
            watch(data)
        return data


def _broken() -> Refused:
    return Refused(400, "body-broken", "The body breaks off.")
