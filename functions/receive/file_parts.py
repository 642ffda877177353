"""A part of a multipart body that is a file of the application."""

from functions.receive.delivery import Files
from functions.receive.file_names import safe_file_name
from functions.receive.multipart import PartWriter
from functions.receive.part_headers import Part
from shared.domain.submission import AttachmentKind


def open_file(
    part: Part, files: Files, kind: AttachmentKind, flags: tuple[str, ...] = ()
) -> PartWriter:
    """Under a name that is safe, and flagged if that is another than it was sent under."""
    name = safe_file_name(part.file_name, f"{part.name or 'part'}-{part.number}")
    if name != part.file_name:
        flags = (*flags, "file-name-changed" if part.file_name else "file-name-missing")
    return files.open(
        kind,
        name=name,
        original_name=part.file_name,
        media_type=part.content_type or None,
        flags=flags,
    )
