"""The bytes of a request on their way in: no more than may come, no less than was announced."""

import io
from hashlib import sha256

import pytest

from functions.receive.incoming import Incoming
from functions.receive.refusal import Refused


class BrokenStream(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError("connection reset")


def test_what_was_read_to_its_end_is_hashed() -> None:
    seen: list[bytes] = []
    incoming = Incoming(io.BytesIO(b"abcdef"), limit=6)
    incoming.watch(seen.append)

    assert incoming.read(4) == b"abcd"
    assert incoming.sha256 is None
    assert incoming.read(4) + incoming.read(4) == b"ef"

    assert incoming.sha256 == sha256(b"abcdef").digest()
    assert b"".join(seen) == b"abcdef"


def test_more_than_the_limit_is_refused() -> None:
    incoming = Incoming(io.BytesIO(b"abcdefg"), limit=6)

    with pytest.raises(Refused, match="too-large"):
        incoming.read(100)


@pytest.mark.parametrize(
    "incoming",
    [Incoming(io.BytesIO(b"abc"), 100, announced=4), Incoming(BrokenStream(b"abc"), 100)],
)
def test_a_body_that_breaks_off_is_refused(incoming: Incoming) -> None:
    with pytest.raises(Refused, match="body-broken"):
        list(iter(lambda: incoming.read(2), b""))


def test_what_is_drained_counts_but_only_so_much_is() -> None:
    stream = io.BytesIO(b"x" * 1_000_000)
    incoming = Incoming(stream, limit=10)

    incoming.drain(100_000)

    assert 100_000 <= incoming.size == stream.tell() < 300_000
    assert incoming.sha256 is None


def test_a_body_that_was_drained_to_its_end_has_its_hash() -> None:
    incoming = Incoming(io.BytesIO(b"abc"), limit=1)

    incoming.drain(100)

    assert incoming.sha256 == sha256(b"abc").digest()
