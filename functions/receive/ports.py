"""What only the intake asks of the case store, beside the ports it shares with other functions."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared.domain.case import Case, LogEntry, Tombstone
from shared.domain.events import Event
from shared.domain.identifiers import CaseId, SenderId, UploadId
from shared.domain.refusal import Refusal
from shared.domain.submission import Attachment, PartDigest
from shared.domain.submission_text import SubmissionText
from shared.ports import Cases


class IntakeCases(Cases, Protocol):
    def lock(self, case_id: CaseId) -> None:
        """Hold the case until the transaction ends: of two repeats, one comes after the other."""
        ...

    def tombstone(self, case_id: CaseId) -> Tombstone | None: ...


class NewCases(Protocol):
    def store(
        self,
        case: Case,
        event: Event,
        entry: LogEntry,
        text: SubmissionText,
        *,
        flags: tuple[str, ...],
        original: bytes | None,
        original_media_type: str | None,
        sent: PartDigest | None,
        upload: UploadId | None,
        attachments: list[Attachment],
    ) -> Case:
        """Store and commit it all; return the case with its number.

        Raise AlreadyStored if its sender and transaction id are known, UploadExpired if the files
        were swept meanwhile, Unavailable; then nothing is stored.
        """
        ...


class Submissions(Protocol):
    def fingerprint(self, case_id: CaseId) -> tuple[bytes, int]:
        """Raise UnknownCase if there is none."""
        ...

    def sent(self, case_id: CaseId) -> PartDigest | None:
        """Of the form data's part as it was sent. Raise UnknownCase if there is none."""
        ...


class Refusals(Protocol):
    """Each call is a transaction of its own."""

    def add(self, refusal: Refusal) -> None: ...

    def last(self, sender: SenderId, transaction_id: str) -> Refusal | None: ...


class Attachments(Protocol):
    def add(self, case_id: CaseId, attachments: Iterable[Attachment]) -> None: ...

    def of_case(self, case_id: CaseId) -> list[Attachment]: ...


class Uploads(Protocol):
    def open(self, upload_id: UploadId, sender: SenderId) -> None: ...

    def consume(self, upload_id: UploadId, case_id: CaseId) -> None:
        """Raise UploadExpired if the attempt was swept meanwhile."""
        ...

    def expire(self, upload_id: UploadId) -> bool:
        """Whether its objects may be deleted."""
        ...

    def remove(self, upload_id: UploadId) -> None: ...


class CaseLog(Protocol):
    def append(self, case_id: CaseId, entry: LogEntry) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: IntakeCases
    submissions: Submissions
    attachments: Attachments
    uploads: Uploads
    log: CaseLog


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
