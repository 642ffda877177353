"""Forms as `multipart/form-data`: a part with a file name is a file, any other one a field."""

from hashlib import sha256

from functions.receive.delivery import Files
from functions.receive.forms.charsets import (
    CHARSET_FIELD,
    charset_of,
    decoded,
    in_charset,
    known_charset,
)
from functions.receive.forms.form import Fields, Form, Terms, too_many_fields
from functions.receive.forms.part_writers import FilePart, Ignored, TextPart
from functions.receive.incoming import ByteStream
from functions.receive.multipart import MultipartLimits, PartWriter, read_parts
from functions.receive.part_headers import Part
from functions.receive.refusal import Refused, too_large
from shared.domain.submission import FieldKind, FormField


def read_form_parts(
    stream: ByteStream, content_type: str | None, charset: str, files: Files, terms: Terms
) -> Form:
    """Files are stored while they arrive; fields are read at the end, when their charset is known.

    The original is made of the fields' bytes and of the files' names, framed anew.
    """
    reading = _Reading(files, terms)
    limits = terms.limits
    most = MultipartLimits(parts=limits.parts + limits.fields, part=limits.file)
    read_parts(stream, content_type, most, reading.open)
    kept = [part for part in reading.parts if not terms.ignores(part.name or "")]
    fields = _fields(kept, reading.texts, charset, terms)
    unnamed = frozenset() if all(each.name for each in fields) else frozenset({"field-unnamed"})
    original, media_type = _framed(kept, reading.texts)
    return Form(fields, original, in_charset(media_type, charset), flags=unnamed)


class _Reading:
    """`texts` has the bytes of fields by the number of their part."""

    def __init__(self, files: Files, terms: Terms) -> None:
        self._files = files
        self._terms = terms
        self._room = terms.limits.form
        self.parts: list[Part] = []
        self.texts: dict[int, bytearray] = {}

    def open(self, part: Part) -> PartWriter:
        limits = self._terms.limits
        self.parts.append(part)
        self._take(part, len(part.name or ""))
        if part.file_name is None:
            text = self.texts[part.number] = bytearray()
            if len(self.texts) > limits.fields:
                raise too_many_fields(limits.fields)
            return TextPart(text, lambda size: self._take(part, size))
        if len(self.parts) - len(self.texts) > limits.parts:
            raise Refused(413, "too-many-parts", f"There are more than {limits.parts} files.")
        if self._terms.ignores(part.name or ""):
            return Ignored()
        return FilePart(part, self._files, part.name in self._terms.mapping.representations)

    def _take(self, part: Part, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise too_large("The form data", self._terms.limits.form, part.place)


def _fields(
    parts: list[Part], texts: dict[int, bytearray], charset: str, terms: Terms
) -> tuple[FormField, ...]:
    for part in parts:
        if part.name == CHARSET_FIELD and texts.get(part.number):
            charset = known_charset(texts[part.number].decode("latin-1"), CHARSET_FIELD)
    fields = Fields(terms.limits)
    found = []
    for part in parts:
        if part.number in texts and part.name != CHARSET_FIELD:
            place = part.name or part.place
            own = charset_of(part.content_type) or charset
            text = decoded(bytes(texts[part.number]), own, place)
            found.append(fields.value(part.name or "", FieldKind.TEXT, text, place))
    return tuple(found)


def _framed(parts: list[Part], texts: dict[int, bytearray]) -> tuple[bytes, str]:
    """Always the same bytes for the same fields; no field can contain its own hash."""
    boundary = sha256(b"\0".join(texts.values())).hexdigest()
    written = []
    for part in parts:
        written.append(f"--{boundary}\r\nContent-Disposition: form-data".encode())
        for parameter, value in (("name", part.name), ("filename", part.file_name)):
            if value is not None:
                quoted = value.replace("\\", "\\\\").replace('"', '\\"')
                written.append(f'; {parameter}="{quoted}"'.encode())
        if part.content_type:
            written.append(f"\r\nContent-Type: {part.content_type}".encode())
        written += [b"\r\n\r\n", bytes(texts.get(part.number, b"")), b"\r\n"]
    written.append(f"--{boundary}--\r\n".encode())
    return b"".join(written), f"multipart/form-data; boundary={boundary}"
