"""Lists of postcodes: of keys, of places in districts (GeoNames), or of places alone."""

import csv
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.entries import Listed, is_postcode
from infra.regions.text import lines_of, read_text


class ListKind(StrEnum):
    """How a list says what a postcode covers; also the source of the rows that come of it."""

    DIRECTORY = "gv100ad"  # the one postcode that the municipality directory names
    KEYS = "postcodes-of-keys"
    DISTRICTS = "postcodes-of-districts"
    PLACES = "postcodes-of-places"


_COLUMNS = {
    "postcode": ("postcode", "plz", "postleitzahl", "zipcode", "postal_code"),
    "ars": ("ars",),
    "ags": ("ags",),
    "place": ("place", "ort", "place_name", "name"),
    "district": ("community_code", "admin_code3", "kreis"),
    "state": ("state", "admin_name1", "land"),
    "country": ("country_code", "country"),
}
_GEONAMES = {"country": 0, "postcode": 1, "place": 2, "state": 3, "district": 8}
_GEONAMES_COLUMNS = 12
_EXPECTED = (
    "this is no list of postcodes: expected a header that names a column `postcode` (or `plz`) and "
    "one of `ars`, `ags` or `place` (or `ort`), or GeoNames' table of 12 columns without a header"
)


class PostcodeList(NamedTuple):
    kind: ListKind
    entries: tuple[Listed, ...]


class _Layout(NamedTuple):
    delimiter: str
    columns: dict[str, int]
    has_header: bool

    @property
    def kind(self) -> ListKind:
        if {"ars", "ags"} & self.columns.keys():
            return ListKind.KEYS
        if {"district", "state"} & self.columns.keys():
            return ListKind.DISTRICTS
        return ListKind.PLACES


def is_postcode_list(text: str) -> bool:
    return _layout(text) is not None


def read_postcodes(stream: BinaryIO, report: Report) -> PostcodeList:
    """What cannot be a postcode in Germany is skipped; raise DirectoryFileError if all is."""
    text = read_text(stream)
    layout = _layout(text)
    if layout is None:
        raise DirectoryFileError(_EXPECTED)
    entries = tuple(_entries(text, layout, report))
    if not entries:
        raise DirectoryFileError("the list has no postcode that can be used")
    report.read[layout.kind.replace("-", " ")] += len(entries)
    return PostcodeList(layout.kind, entries)


def _layout(text: str) -> _Layout | None:
    first = next(iter(lines_of(text)), None)
    if first is None:
        return None
    line = first[1]
    delimiter = max(",;\t", key=line.count)
    cells = [cell.strip().strip('"').casefold() for cell in line.split(delimiter)]
    if delimiter == "\t" and len(cells) == _GEONAMES_COLUMNS and len(cells[0]) == 2:
        return _Layout(delimiter, _GEONAMES, has_header=False)
    columns = {
        meaning: next(cells.index(name) for name in names if name in cells)
        for meaning, names in _COLUMNS.items()
        if set(names) & set(cells)
    }
    if "postcode" in columns and {"ars", "ags", "place"} & columns.keys():
        return _Layout(delimiter, columns, has_header=True)
    return None


def _entries(text: str, layout: _Layout, report: Report) -> Iterator[Listed]:
    rows = csv.reader(text.splitlines(), delimiter=layout.delimiter)
    if not layout.has_header:
        # It quotes nothing: a quotation mark is part of a name.
        rows = csv.reader(text.split("\n"), delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
    if layout.has_header:
        next(row for row in rows if any(cell.strip() for cell in row))
    for row in rows:
        if any(cell.strip() for cell in row):
            yield from _entry(row, rows.line_num, layout, report)


def _entry(row: Sequence[str], line: int, layout: _Layout, report: Report) -> Iterator[Listed]:
    def said(meaning: str) -> str | None:
        column = layout.columns.get(meaning)
        return (row[column].strip() or None) if column is not None and column < len(row) else None

    postcode, key, place = said("postcode"), said("ars") or said("ags"), said("place")
    if said("country") not in (None, "DE"):
        report.skip("of another country", f"line {line}")
    elif postcode is None or not is_postcode(postcode):
        reason = "a postcode of not five digits: a program may have taken it for a number"
        report.skip(reason if postcode else "without a postcode", f"line {line}")
    elif key is None and place is None:
        report.skip("a postcode without a place or a key", f"line {line}")
    else:
        yield Listed(postcode, line, key, place, said("district"), said("state"))
