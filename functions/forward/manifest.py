"""The message in our own format: what docs/delivery-format.md promises to a destination."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

from functions.forward.destination import Contents
from shared.domain.exact_json import read_json
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Attachment, AttachmentKind
from shared.domain.submission_text import write_submission

FORMAT = "antragslotse-delivery/1"
ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the message; its bytes are `data`, or lie in the object store under a key.

    One that a person withheld is named, and has no bytes here.
    """

    path: str
    kind: str
    name: str
    media_type: str | None
    size: int
    sha256: str
    version: int
    original_name: str | None = None
    detected_media_type: str | None = None
    data: bytes | None = None
    object_key: str | None = None
    withheld: bool = False

    def entry(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        entry = {
            "path": None if self.withheld else self.path,
            "kind": self.kind,
            "name": self.name,
            "original_name": self.original_name,
            "media_type": self.media_type,
            "detected_media_type": self.detected_media_type,
            "size": self.size,
            "sha256": self.sha256,
            "version": self.version,
            "withheld": self.withheld or None,
        }
        return {name: value for name, value in entry.items() if value is not None}


def files_of(contents: Contents) -> Iterator[File]:
    """The original first, then every file in the order of delivery, numbered."""
    originals = [a for a in contents.attachments if a.kind is AttachmentKind.ORIGINAL]
    others = [a for a in contents.attachments if a.kind is not AttachmentKind.ORIGINAL]
    if contents.original is not None:
        yield File(
            path=ORIGINAL,
            kind=AttachmentKind.ORIGINAL,
            name=ORIGINAL,
            media_type=contents.original_media_type,
            size=len(contents.original),
            sha256=sha256(contents.original).hexdigest(),
            version=1,
            data=contents.original,
        )
    for attachment in originals:
        yield _stored(attachment, ORIGINAL)
    for number, attachment in enumerate(others, start=1):
        yield _stored(attachment, f"files/{number}_{_portable(attachment.name)}")


def _portable(name: str) -> str:
    """As part of an address, too: some servers read these as its end."""
    return "".join("_" if character in "#%;?&" else character for character in name)


def _stored(attachment: Attachment, path: str) -> File:
    return File(
        path=path,
        kind=attachment.kind,
        name=attachment.name,
        media_type=attachment.media_type,
        size=attachment.size,
        sha256=attachment.sha256,
        version=attachment.version,
        original_name=attachment.original_name,
        detected_media_type=attachment.detected_media_type,
        object_key=attachment.object_key,
        withheld=attachment.malware_verdict is MalwareVerdict.WITHHELD,
    )


def manifest(contents: Contents, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything but the fields; members always come in this order, empty ones are left out."""
    case, submission = contents.case, contents.submission
    account = submission.service_account
    members: dict[str, Any] = {
        "format": FORMAT,
        "message_id": str(contents.message_id),
        "case": {
            "id": str(case.id),
            "number": case.number,
            "round": case.round,
            "received_at": case.received_at.astimezone(UTC).isoformat(),
            "is_test": case.is_test,
        },
        "sender": case.sender,
        "transaction_id": case.transaction_id,
        "tenant": case.tenant,
        "authority": case.authority,
        "organizational_unit": case.organizational_unit,
        "assignee": case.assignee,
        "form": _given({"id": submission.form_id, "name": submission.form_name}),
        "leika_keys": list(submission.leika_keys),
        "region": submission.region,
        "named_unit": submission.named_unit,
        "service_account": account and account.model_dump(exclude_none=True),
        "further_control_data": submission.control_extra,
        "flags": list(submission.flags),
        "files": files,
    }
    return _given(members)


def field_tree(contents: Contents) -> Any:
    """The form's fields in the form's order, every value as it was sent."""
    return read_json(write_submission(contents.submission).fields)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [], {}, ())}
