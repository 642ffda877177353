"""The headers of one part of a multipart body: its name, its file name, its type."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from functions.receive.refusal import Refused, invalid

_PARAMETER = re.compile(
    rb';[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL
)
_QUOTED_PAIR = re.compile(rb'\\(["\\])')
_CONTROL = re.compile(rb"[\0-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Part:
    """What a part says of itself; `number` counts from 1, `name` is None where it has none."""

    number: int
    name: str | None
    file_name: str | None
    content_type: str
    encoding: str
    content_id: str | None = None

    @property
    def place(self) -> str:
        return f'part {self.number} "{self.name}"' if self.name else f"part {self.number}"


def parse_part(number: int, headers: list[tuple[bytes, bytes]]) -> Part:
    """Raise `Refused`: 400 where the headers can be read in more than one way, 422 for NUL."""
    place = f"part {number}"
    fields: dict[bytes, bytes] = {}
    for name, value in headers:
        if _CONTROL.search(value):
            raise _ambiguous("A header contains a control character.", place)
        if fields.setdefault(name.lower(), value) is not value:
            raise _ambiguous("A header stands twice.", place)
    parameters = read_parameters(fields.get(b"content-disposition", b""), place)
    file_name = parameters.get(b"filename*") or parameters.get(b"filename")
    return Part(
        number=number,
        name=parameters.get(b"name") or None,
        file_name=file_name,
        content_type=_text(fields.get(b"content-type", b"").strip()),
        encoding=_text(fields.get(b"content-transfer-encoding", b"").strip()).lower(),
        content_id=bare_id(_text(fields.get(b"content-id", b""))) or None,
    )


def bare_id(text: str) -> str:
    """A Content-ID without its angle brackets."""
    return text.strip().removeprefix("<").removesuffix(">")


def read_parameters(header: bytes, place: str) -> dict[bytes, str]:
    """What follows a header's value: `; name=value`. Raise Refused as `parse_part` does."""
    parameters: dict[bytes, str] = {}
    for key, quoted, token in _PARAMETER.findall(header):
        key = key.lower()
        value = _QUOTED_PAIR.sub(rb"\1", quoted) if quoted else token.strip()
        text = _extended(value) if key.endswith(b"*") else _text(value)
        if text is not None and "\0" in text:  # only the extended form can write one
            detail = "A parameter of a header contains NUL. Remove that character."
            raise invalid("text-not-storable", detail, place)
        if text is not None and parameters.setdefault(key, text) is not text:
            raise _ambiguous("A parameter of a header stands twice.", place)
    return parameters


def _extended(value: bytes) -> str | None:
    """RFC 8187: charset'language'percent-encoded. None if it is not that: the plain name counts."""
    charset, _, rest = value.partition(b"'")
    _, apostrophe, encoded = rest.partition(b"'")
    if not apostrophe or charset.lower() not in (b"utf-8", b"iso-8859-1"):
        return None
    try:
        return unquote_to_bytes(encoded).decode(charset.decode("ascii"))
    except UnicodeDecodeError:
        return None


def _text(value: bytes) -> str:
    """Senders write UTF-8 or Latin-1, and what is valid UTF-8 is practically never the other."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _ambiguous(detail: str, place: str) -> Refused:
    return Refused(400, "malformed-part-header", detail, place=place)
