"""What a message says of a file: its kind, its name, its type."""

from dataclasses import dataclass
from typing import Any

from functions.receive.file_names import safe_file_name
from functions.receive.part_headers import Part
from functions.receive.platforms.intelliform.deposit import AttachmentAsSent
from shared.domain.submission import AttachmentKind

ORIGINAL_NAME = "X-IntelliForm-Original-Name"
SIGNED = "X-IntelliForm-Signed"


@dataclass(frozen=True, slots=True)
class FileDescription:
    """Known at the end of the message only."""

    kind: AttachmentKind
    name: str
    original_name: str | None
    media_type: str | None
    flags: tuple[str, ...]
    place: str

    @classmethod
    def of(cls, attachment: AttachmentAsSent, is_form: bool) -> "FileDescription":
        attributes = dict(attachment.attributes)
        given = attachment.members.get("name") or attributes.get(ORIGINAL_NAME)
        flags = ["signed"] if attributes.get(SIGNED, "").strip().lower() == "true" else []
        name = safe_file_name(given or attachment.id, f"attachment-{attachment.number}")
        if name != given:
            flags.append("file-name-changed" if given else "file-name-missing")
        kind = AttachmentKind.REPRESENTATION if is_form else AttachmentKind.ATTACHMENT
        original = attributes.get(ORIGINAL_NAME) or given
        media_type = attachment.members.get("contentType", "").strip() or None
        return cls(kind, name, original, media_type, tuple(flags), attachment.place)

    @classmethod
    def of_part(cls, part: Part, given: str | None) -> "FileDescription":
        name = safe_file_name(given, f"part-{part.number}")
        kind = AttachmentKind.ATTACHMENT
        media_type = part.content_type or None
        return cls(kind, name, given, media_type, ("part-unreferenced",), part.place)

    def arguments(self, flags: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "original_name": self.original_name,
            "media_type": self.media_type,
            "flags": (*self.flags, *flags),
        }
