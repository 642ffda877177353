"""What became of keys: a list of our own, `former_key,ars[,from]`."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.entries import Change
from infra.regions.text import read_text

_HEADERS = (["former_key", "ars"], ["former_key", "ars", "from"])
_DELIMITERS = ",;\t"
_FORMER_KEY = re.compile(r"[0-9]{8}|[0-9]{12}")
_ARS = re.compile(r"[0-9]{12}")


def read_changes(stream: BinaryIO, report: Report) -> Iterator[Change]:
    """A person wrote it: raise DirectoryFileError on the first line that is wrong."""
    lines = read_text(stream).splitlines()
    header = lines[0] if lines else ""
    rows = csv.reader(lines, delimiter=max(_DELIMITERS, key=header.count))
    if [cell.strip() for cell in next(rows, [])] not in _HEADERS:
        raise DirectoryFileError("expected a list of changes that begins `former_key,ars,from`")
    for row in rows:
        cells = [cell.strip() for cell in row]
        if any(cells):
            report.read["changes of keys"] += 1
            yield _change(rows.line_num, cells)


def _change(line: int, cells: list[str]) -> Change:
    former, ars, day = [*cells, "", "", ""][:3]
    if not _FORMER_KEY.fullmatch(former) or not _ARS.fullmatch(ars) or len(cells) > 3:
        raise DirectoryFileError(
            f"line {line}: expected a former key (an ARS of 12 or an AGS of 8 digits), an ARS of "
            "12 digits, and from when on (YYYY-MM-DD) or nothing"
        )
    if former == ars:
        raise DirectoryFileError(f"line {line}: the key becomes itself")
    try:
        return Change(former, ars, date.fromisoformat(day) if day else None)
    except ValueError:
        raise DirectoryFileError(f"line {line}: `from` is no day (YYYY-MM-DD)") from None
