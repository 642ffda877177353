"""What a platform module gets to read from, and what it makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from functions.receive.incoming import ByteStream, Headers
from functions.receive.multipart import PartWriter
from functions.receive.proofs import Token
from shared.domain.configuration.senders import Sender
from shared.domain.submission import AttachmentKind, PartDigest, Submission

MAX_TRANSACTION_ID = 255


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything an application may have."""

    body: int
    parts: int
    file: int
    form: int
    depth: int
    field_length: int
    fields: int = 10_000


class Arrival(Protocol):
    """A request at the door. `transaction_id` is set as soon as it is known, for the record."""

    @property
    def stream(self) -> ByteStream: ...

    @property
    def content_type(self) -> str | None: ...

    @property
    def headers(self) -> Headers: ...

    @property
    def sender(self) -> Sender:
        """Who it is, proven by the request itself. Raise Refused (401) if it is not."""
        ...

    def admit(self, token: Token | None) -> Sender:
        """For platforms that prove it in the message. Raise Refused (401, 403, 429)."""
        ...

    transaction_id: str | None


class FileWriter(PartWriter, Protocol):
    """`describe` may come late, even after `close`: some messages name a file behind its bytes."""

    def describe(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
    ) -> None:
        """Instead of what `open` was told. Until the application is stored."""
        ...


class Files(Protocol):
    """Takes an application's files while they arrive; none of them is ever whole in memory."""

    def open(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
        sent: PartDigest | None = None,
    ) -> FileWriter:
        """`sent`, if what is written is not what was sent. Raise Unavailable if nothing can be
        stored now."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One application as it came.

    `original` is the form data's part, byte for byte; `sent` tells what it was if something had
    to be left out of it.
    """

    submission: Submission
    original: bytes | None
    original_media_type: str | None
    sent: PartDigest | None = None

    @property
    def digest(self) -> PartDigest | None:
        """What the sender gets a receipt for."""
        if self.sent is not None or self.original is None:
            return self.sent
        return PartDigest.of(self.original)

    def without_original(self) -> "Delivery":
        """It was stored elsewhere."""
        return replace(self, original=None, sent=self.digest)

    def as_test(self) -> "Delivery":
        return replace(self, submission=self.submission.model_copy(update={"is_test": True}))


ReadDelivery = Callable[[Arrival, Files, Limits], Delivery]
"""Reads the stream to its end; raises Refused for what cannot be stored."""
