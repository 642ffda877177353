"""What a kind of destination is: it builds a message once, and sends its bytes on each attempt.

NotDelivered     did not arrive, or perhaps did: tried again later, with the same bytes
└── Damaged      a file is not what was received: tried again, and a person is told
Refused          will never be taken as it is: a person is told
Superseded       is not ours to send any more: nothing more may reach the destination
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared import files
from shared.domain.case import Case, LoggedEntry
from shared.domain.errors import DamagedFile, LotseError, Unavailable
from shared.domain.forwarding import MessageId, Receipt
from shared.domain.submission import Attachment, Submission
from shared.ports import ObjectStore


class Refused(LotseError):
    """`code` says why, in one word; `status` is the destination's, if it answered; `reason` are
    its own words, for people who may see the case: in no log, event or error text."""

    def __init__(self, code: str, status: int | None = None, reason: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.reason = reason


class NotDelivered(Unavailable):
    """`code` says why, in one word; `status` is the destination's, if it answered."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Damaged(NotDelivered):
    """Sending it as it is would pass the damage on."""


class Superseded(Exception):
    """The case belongs to another authority now, or somebody else sends it."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that goes into a message, as the case was when it was built.

    `history` is the case's record up to then, the oldest entry first.
    """

    message_id: MessageId
    occasion_at: datetime
    case: Case
    submission: Submission
    original: bytes | None
    original_media_type: str | None
    attachments: list[Attachment]
    history: tuple[LoggedEntry, ...] = ()


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


class Journal(Protocol):
    """Which steps of a hand-over are done, over all attempts: none is done twice."""

    def done(self, step: str) -> bool: ...

    def note(self, step: str) -> None:
        """Before anything else is sent. Raise Superseded if it is not ours to go on."""
        ...


class NoJournal:
    """Where nothing is to be resumed: a test of a connection, say."""

    def done(self, step: str) -> bool:
        return False

    def note(self, step: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Message:
    """`body` is what was frozen before the first attempt."""

    id: MessageId
    body: bytes
    deadline: Deadline
    journal: Journal = field(default_factory=NoJournal)


@dataclass(frozen=True, slots=True)
class Awaited:
    """It was taken, and the destination says later whether it accepts it.

    `ask_after_seconds`: when to look whether it has. `within_seconds`: after that a person is told.
    """

    receipt: Receipt
    ask_after_seconds: float
    within_seconds: float


Handed = Receipt | Awaited
"""Accepted, or only sent."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a test of a destination tried; `ok` is None for what was left out.

    `text` says what was seen, and if it failed what to mend.
    """

    step: str
    ok: bool | None
    text: str


class DestinationKind(Protocol):
    def build(self, contents: Contents) -> bytes:
        """The same bytes for the same contents. Raise Refused, NotDelivered."""
        ...

    def send(self, message: Message) -> Handed:
        """Send nothing but what follows from its bytes. Raise Refused, NotDelivered, Unavailable,
        and Superseded where the journal does.

        What is done before an error may have to be done again: it must not show as a second
        delivery.
        """
        ...

    def ask(self, message: Message, sent: Receipt) -> Handed:
        """Whether what was sent is accepted by now. Raise Refused if it is rejected, NotDelivered.

        Never called where `send` gives no Awaited.
        """
        ...

    def withdraw(self, message: Message) -> None:
        """Take away what an unfinished hand-over has left, as far as it can be reached."""
        ...

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        """Try a connection step by step, and leave nothing behind. Raises nothing."""
        ...


def verified(objects: ObjectStore, key: str, size: int, digest: str) -> Iterator[bytes]:
    """A file in pieces; raise Damaged at its end if it is not the one that was received."""
    try:
        yield from files.verified(objects, key, size, digest)
    except DamagedFile as exc:
        raise Damaged(str(exc)) from None
