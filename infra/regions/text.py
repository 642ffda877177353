"""A list's text: packed or not, in the encoding of today or of old editions."""

import gzip
import zlib
from typing import BinaryIO

from infra.directory.errors import DirectoryFileError
from infra.directory.formats import refuse_other_formats

_GZIP = b"\x1f\x8b"


def read_text(stream: BinaryIO) -> str:
    """All of it: the largest of these lists has a few megabytes."""
    data = stream.read()
    if data.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise DirectoryFileError(
                "the gzip file is damaged or cut off: fetch it again"
            ) from None
    refuse_other_formats(data)
    if b"\0" in data:
        raise DirectoryFileError("there are NUL characters in it: it is damaged, or UTF-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        _refuse_damaged(data, exc.start)
        return data.decode("cp1252", errors="replace")


def _refuse_damaged(data: bytes, at: int) -> None:
    """UTF-8 with some bytes that are none would, read as an old edition, lose every umlaut."""
    read = data.decode("utf-8", errors="replace")
    damaged = read.count("\N{REPLACEMENT CHARACTER}")
    if sum(not char.isascii() for char in read) > 2 * damaged:
        number = data.count(b"\n", 0, at) + 1
        raise DirectoryFileError(
            f"line {number} holds a letter that is not UTF-8, as the others are: cut off, or put "
            "together from two lists?"
        )


def lines_of(text: str) -> list[tuple[int, str]]:
    """Those that say something, with their numbers. Only a line feed ends one."""
    found = ((number, line.rstrip("\r\x1a")) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in found if line.strip()]
