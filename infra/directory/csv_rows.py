"""The rows of a CSV, cell by column, also as a spreadsheet saves them."""

import csv
from collections.abc import Iterator
from typing import IO, NamedTuple

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError

_DELIMITERS = ",;\t"
_OTHER_NAMES = {"leika_key": "service"}
_LONGEST_LINE = 1024 * 1024


class Row(NamedTuple):
    line: int
    cells: dict[str, str]


class Header(NamedTuple):
    """`names` are those of the columns, in small letters; one may be empty."""

    names: list[str]
    delimiter: str


def decoded(stream: IO[bytes]) -> Iterator[str]:
    """Line by line. Raise DirectoryFileError."""
    lines = iter(lambda: stream.readline(_LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST_LINE:
            raise DirectoryFileError(
                f"Line {number} goes on for more than 1 MiB, as no row does. Save the table as CSV "
                "again, then import it."
            )
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # as in UTF-16; nor could it be stored
            raise DirectoryFileError(
                f"Line {number} is not UTF-8. Save the table as CSV in UTF-8, then import it."
            )
        yield text


def header(line: str) -> Header | None:
    """None if it is no CSV."""
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        stated = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return None
    names = [name.strip().lower() for name in stated]
    names = [name if "service" in names else _OTHER_NAMES.get(name, name) for name in names]
    return Header(names, delimiter)


def rows(lines: Iterator[str], columns: Header, report: Report) -> Iterator[Row]:
    """Those that say anything. Raise DirectoryFileError."""
    table = csv.reader(lines, delimiter=columns.delimiter, strict=True)
    try:
        for cells in table:
            line = table.line_num + 1  # after the header
            if len(cells) > len(columns.names):
                reason = "it has more cells than the header: quote those with a delimiter in them"
                report.skip(reason, at(line))
            elif any(cells):
                yield Row(line, dict(zip(columns.names, map(str.strip, cells), strict=False)))
    except csv.Error as exc:
        raise DirectoryFileError(
            f"It is no CSV from line {table.line_num + 1} on ({exc}). Mend that line, or save the "
            "table as CSV again."
        ) from None


def at(line: int) -> str:
    return f"line {line}"
