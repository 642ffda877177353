"""Read a multipart body as it arrives; no part is ever held in memory here."""

import binascii
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from python_multipart.decoders import Base64Decoder, QuotedPrintableDecoder
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from functions.receive.incoming import CHUNK, ByteStream
from functions.receive.part_headers import Part, parse_part
from functions.receive.refusal import Refused, too_large

FORM_DATA = "multipart/form-data"
RELATED = "multipart/related"

_BOUNDARY = re.compile(
    r"""[^;]+;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]+))\s*(?:;.*)?""",
    re.IGNORECASE | re.DOTALL,
)
_BOUNDARY_CHARACTERS = re.compile(r"[0-9A-Za-z'()+_,./:=?\- ]{0,69}[0-9A-Za-z'()+_,./:=?\-]")

# The parser warns of what we answer; its lines would stand unformatted between ours.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


class PartWriter(Protocol):
    """Takes one part's bytes; after `close` they are kept, after `abort` nothing of them is."""

    def write(self, data: bytes) -> object: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MultipartLimits:
    parts: int
    part: int
    header_count: int = 16
    header_size: int = 8192


def read_parts(
    stream: ByteStream,
    content_type: str | None,
    limits: MultipartLimits,
    open_part: Callable[[Part], PartWriter],
    media_type: str = FORM_DATA,
) -> None:
    """Hand each part to the writer that `open_part` returns for it; raise `Refused` for bad bodies.

    Whatever is raised, the writer that was open is aborted first. What follows the end of the last
    part is read and dropped, so that the connection can be used again.
    """
    parts = _Parts(limits, open_part)
    parser = MultipartParser(
        boundary_of(content_type, media_type),
        {
            "on_part_begin": parts.begin,
            "on_header_field": parts.header_field,
            "on_header_value": parts.header_value,
            "on_header_end": parts.header_end,
            "on_headers_finished": parts.headers_finished,
            "on_part_data": parts.data,
            "on_part_end": parts.end,
            "on_end": parts.finish,
        },
        max_header_count=limits.header_count,
        max_header_size=limits.header_size,
    )
    try:
        _feed(parser, stream)
        if not parts.finished:
            raise _malformed("The body ends before the closing boundary.", parts.place)
    except FormParserError:
        raise _malformed("A boundary or a part's header is broken.", parts.place) from None
    finally:
        parts.abort()


def boundary_of(content_type: str | None, media_type: str = FORM_DATA) -> bytes:
    if not content_type or content_type.partition(";")[0].strip().lower() != media_type:
        detail = f"Send the application as {media_type}."
        raise Refused(415, "not-multipart", detail, headers={"Accept": media_type})
    match = _BOUNDARY.fullmatch(content_type.strip())
    boundary = (match[1] or match[2] or "") if match else ""
    if not _BOUNDARY_CHARACTERS.fullmatch(boundary):
        detail = "Content-Type names no boundary, or one that RFC 2046 does not allow."
        raise Refused(400, "bad-boundary", detail, place="header Content-Type")
    return boundary.encode("ascii")


def _feed(parser: MultipartParser, stream: ByteStream) -> None:
    while chunk := stream.read(CHUNK):
        parser.write(chunk)


class _Parts:
    """The callbacks of the parser: collects headers, opens and closes writers."""

    def __init__(self, limits: MultipartLimits, open_part: Callable[[Part], PartWriter]) -> None:
        self._limits = limits
        self._open_part = open_part
        self._number = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._field = bytearray()
        self._value = bytearray()
        self._part: Part | None = None
        self._writer: PartWriter | None = None
        self._decoder: Base64Decoder | QuotedPrintableDecoder | None = None
        self._size = 0
        self.finished = False

    @property
    def place(self) -> str | None:
        if self._part is not None:
            return self._part.place
        return f"part {self._number}" if self._number else None

    def begin(self) -> None:
        self._number += 1
        if self._number > self._limits.parts:
            detail = f"The request has more than {self._limits.parts} parts."
            raise Refused(413, "too-many-parts", detail)
        self._headers = []
        self._part = None
        self._size = 0

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers.append((bytes(self._field), bytes(self._value)))
        self._field.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        self._part = parse_part(self._number, self._headers)
        self._writer = self._open_part(self._part)
        decoder = _DECODERS.get(self._part.encoding)
        self._decoder = None if decoder is None else decoder(self._writer)

    def data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._limits.part:
            raise too_large("The part", self._limits.part, self.place)
        target = self._writer if self._decoder is None else self._decoder
        if target is not None:
            self._decode(target.write, data[start:end])

    def end(self) -> None:
        if self._decoder is not None:
            self._decode(self._decoder.finalize)
            self._decoder = None
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def finish(self) -> None:
        self.finished = True

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()
            self._writer = None

    def _decode(self, step: Callable[..., object], *data: bytes) -> None:
        try:
            step(*data)
        except (FormParserError, binascii.Error):
            detail = "The content does not match its Content-Transfer-Encoding."
            raise _malformed(detail, self.place) from None


_DECODERS: dict[str, type[Base64Decoder | QuotedPrintableDecoder]] = {
    "base64": Base64Decoder,
    "quoted-printable": QuotedPrintableDecoder,
}


def _malformed(detail: str, place: str | None) -> Refused:
    return Refused(400, "malformed-multipart", detail, place=place)
