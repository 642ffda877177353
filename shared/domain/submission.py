"""What arrived, unchanged: control data, the form's field tree, the files."""

from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import LeikaKey, RegionKey, SenderId, UnitId
from shared.domain.malware import MalwareVerdict


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    GROUP = "group"
    EMPTY = "empty"


NOT_FILLED_IN = frozenset({"", "-", "keine angabe"})
"""What form servers write into a field that was left empty, in lower case."""


class FormField(BaseModel):
    """One field, or a group of them, in the form's order.

    `value` is the literal as it was sent (a number keeps every digit, a date is `yyyy-MM-dd`, a
    boolean is `true` or `false`), because a field's type may vary between submissions. `extra`
    holds members that the platform's format does not name.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    kind: FieldKind
    value: str | None = None
    items: tuple["FormField", ...] = ()
    extra: dict[str, Any] = {}


class Mailbox(BaseModel):
    """Postfach of the applicant. `type` in lower case: senders disagree on the case."""

    model_config = ConfigDict(frozen=True)

    identifier: str
    type: str | None = None


class ServiceAccount(BaseModel):
    """Servicekonto the applicant was logged in with."""

    model_config = ConfigDict(frozen=True)

    type: str | None = None
    assurance_level: str | None = None  # Vertrauensniveau, e.g. STORK-QAA-Level-1
    mailbox: Mailbox | None = None


class Submission(BaseModel):
    """An application in our terms. `flags` are codes for what looked odd and was accepted."""

    model_config = ConfigDict(frozen=True)

    sender: SenderId
    transaction_id: str
    form_id: str | None = None
    form_name: str | None = None
    leika_keys: tuple[LeikaKey, ...] = ()
    region: RegionKey | None = None
    named_unit: UnitId | None = None
    service_account: ServiceAccount | None = None
    fields: tuple[FormField, ...] = ()
    control_extra: dict[str, Any] = {}
    flags: tuple[str, ...] = ()
    is_test: bool = False


class PartDigest(BaseModel):
    """Size in bytes and SHA-256 in hexadecimal of a part as it was sent."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Self:
        return cls(size=len(data), sha256=sha256(data).hexdigest())


class AttachmentKind(StrEnum):
    ATTACHMENT = "attachment"
    REPRESENTATION = "representation"
    ORIGINAL = "original"


class Attachment(BaseModel):
    """One file of a case, stored under `object_key` and never overwritten.

    `name` is safe to show and to write; `original_name` is what was sent. `media_type` is what the
    sender says, `detected_media_type` what the file's first bytes say. `version` counts the
    deliveries of files: a retry that renders its PDF anew adds version 2 beside version 1.
    `sent_size` and `sent_sha256` are given where something had to be left out of what was sent.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    position: int
    kind: AttachmentKind
    name: str
    original_name: str | None = None
    media_type: str | None = None
    detected_media_type: str | None = None
    size: int
    sha256: str  # hex, lower case
    sent_size: int | None = None
    sent_sha256: str | None = None
    object_key: str
    malware_verdict: MalwareVerdict = MalwareVerdict.NOT_SCANNED
    flags: tuple[str, ...] = ()
