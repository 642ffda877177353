"""What a kind of destination is: it builds a message once, and sends its bytes on each attempt.

NotDelivered     did not arrive, or perhaps did: tried again later, with the same bytes
└── Damaged      a file is not what was received: tried again, and a person is told
Refused          will never be taken as it is: a person is told
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared import files
from shared.domain.case import Case
from shared.domain.errors import DamagedFile, LotseError, Unavailable
from shared.domain.forwarding import MessageId, Receipt
from shared.domain.submission import Attachment, Submission
from shared.ports import ObjectStore


class Refused(LotseError):
    """`code` says why, in one word; `status` is the destination's, if it answered."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class NotDelivered(Unavailable):
    """`code` says why, in one word; `status` is the destination's, if it answered."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Damaged(NotDelivered):
    """Sending it as it is would pass the damage on."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that goes into a message, as the case was when it was built."""

    message_id: MessageId
    occasion_at: datetime
    case: Case
    submission: Submission
    original: bytes | None
    original_media_type: str | None
    attachments: list[Attachment]


class Deadline:
    """Ends an attempt before its lease ends."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Raise NotDelivered if nothing is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise NotDelivered("timeout")
        return left


@dataclass(frozen=True, slots=True)
class Message:
    """`body` is what was frozen before the first attempt."""

    id: MessageId
    body: bytes
    deadline: Deadline


class DestinationKind(Protocol):
    def build(self, contents: Contents) -> bytes:
        """The same bytes for the same contents. Raise Refused, NotDelivered."""
        ...

    def send(self, message: Message) -> Receipt:
        """Send nothing but what follows from its bytes. Raise Refused, NotDelivered, Unavailable.

        What is done before an error may have to be done again: it must not show as a second
        delivery.
        """
        ...


def verified(objects: ObjectStore, key: str, size: int, digest: str) -> Iterator[bytes]:
    """A file in pieces; raise Damaged at its end if it is not the one that was received."""
    try:
        yield from files.verified(objects, key, size, digest)
    except DamagedFile as exc:
        raise Damaged(str(exc)) from None
