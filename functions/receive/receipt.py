"""What a sender is told about a stored application; a repeat is told the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.identifiers import CaseId
from shared.domain.submission import Attachment, AttachmentKind, PartDigest


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """One part as it was sent: size in bytes, SHA-256 in hexadecimal."""

    kind: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """As it was at the first delivery, whatever has become of the case since.

    A case that has been deleted has no `parts` any more.
    """

    case_id: CaseId
    number: str
    transaction_id: str
    received_at: datetime
    is_test: bool = False
    is_deleted: bool = False
    parts: tuple[ReceivedPart, ...] = ()


def received_parts(
    original: PartDigest | None, files: Iterable[Attachment]
) -> tuple[ReceivedPart, ...]:
    """The form data first, then the files of the first delivery in their order."""
    parts = []
    if original is not None:
        kind = AttachmentKind.ORIGINAL
        parts.append(ReceivedPart(kind, kind, original.size, original.sha256))
    parts += [
        ReceivedPart(file.kind, file.name, *_sent(file))
        for file in files
        if file.version == 1 and file.kind is not AttachmentKind.ORIGINAL
    ]
    return tuple(parts)


def _sent(file: Attachment) -> tuple[int, str]:
    if file.sent_sha256 is None:
        return file.size, file.sha256
    return file.sent_size or 0, file.sent_sha256
