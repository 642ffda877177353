"""The files that are imported: what kind each is, told by its content, and how far it is read."""

import gzip
import io
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, NamedTuple

from infra.directory.csv_table import read_csv
from infra.directory.entries import Entry, Report
from infra.directory.errors import DirectoryFileError
from infra.directory.formats import refuse_other_formats
from infra.directory.xzufi import read_xzufi

_GZIP = b"\x1f\x8b"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
XZUFI = "xzufi"
"""The source of what no other is named for."""


class FileKind(StrEnum):
    XML = "XML"
    CSV = "CSV"


class OpenFile(NamedTuple):
    """`raw` is the file itself: its position, out of `size`, says how much has been read."""

    kind: FileKind
    stream: IO[bytes]
    raw: IO[bytes]
    size: int


@contextmanager
def opened(path: Path) -> Iterator[OpenFile]:
    """Raise DirectoryFileError, naming the file, also for what its reader finds."""
    try:
        with path.open("rb") as raw, _unpacked(raw) as stream:
            first = stream.peek(64)
            refuse_other_formats(first)
            yield OpenFile(_kind(first), stream, raw, path.stat().st_size)
    except DirectoryFileError as exc:
        raise DirectoryFileError(f"{path.name}: {exc}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DirectoryFileError(
            f"{path.name}: its compressed data is damaged or ends early; fetch it again"
        ) from None
    except OSError as exc:
        raise DirectoryFileError(f"{path.name} cannot be read: {exc.strerror}") from None


def entries(file: OpenFile, report: Report, responsible_roles: Collection[str]) -> Iterable[Entry]:
    if file.kind is FileKind.XML:
        return read_xzufi(file.stream, report, responsible_roles=frozenset(responsible_roles))
    return read_csv(file.stream, report)


def kind_of_all(paths: Collection[Path]) -> FileKind:
    kinds = set()
    for path in paths:
        with opened(path) as file:
            kinds.add(file.kind)
    if len(kinds) > 1:
        raise DirectoryFileError(
            "these files are XML and CSV; a CSV says all of its source, so import them one by one"
        )
    return kinds.pop()


def source_of_all(paths: Collection[Path], kind: FileKind) -> str:
    """A table has no name but its file's."""
    if kind is FileKind.XML:
        return XZUFI
    stems = sorted({path.name.split(".")[0] for path in paths})
    if len(stems) > 1:
        raise DirectoryFileError(
            f"these tables would be different sources ({', '.join(stems)}); import them one by "
            "one, or name one for all with --source"
        )
    return stems[0]


def _unpacked(raw: io.BufferedReader) -> io.BufferedReader:
    if raw.peek(2)[:2] != _GZIP:
        return raw
    return io.BufferedReader(gzip.GzipFile(fileobj=raw))


def _kind(first: bytes) -> FileKind:
    for mark in _MARKS:
        first = first.removeprefix(mark)
    bare = first.replace(b"\x00", b"").lstrip()
    return FileKind.XML if bare.startswith(b"<") else FileKind.CSV
