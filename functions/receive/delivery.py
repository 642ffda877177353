"""What a platform module gets to read from, and what it makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from functions.receive.multipart import ByteStream, PartWriter
from shared.domain.configuration.senders import Sender
from shared.domain.submission import AttachmentKind, Submission


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything an application may have."""

    body: int
    parts: int
    file: int
    form: int
    depth: int
    field_length: int


@dataclass(frozen=True, slots=True)
class Body:
    stream: ByteStream
    content_type: str | None


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
    ) -> PartWriter:
        """Raise Unavailable if nothing can be stored now."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """One application as it came: `original` is the form data's part, byte for byte."""

    submission: Submission
    original: bytes | None
    original_media_type: str | None

    def without_original(self) -> "Delivery":
        """It was stored elsewhere."""
        return replace(self, original=None)


ReadDelivery = Callable[[Body, Files, Limits, Sender], Delivery]
