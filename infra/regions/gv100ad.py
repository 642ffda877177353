"""Gemeindeverzeichnis GV100AD of the Statistisches Bundesamt: fixed width, an area per line."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.entries import Region, is_postcode
from infra.regions.text import lines_of, read_text

_STATISTICAL = "30"  # planning regions of one state: no part of any key
_READ_AS = {
    "10": "states",
    "20": "government regions",
    "40": "districts",
    "50": "associations",
    "60": "municipalities",
}
_LINE = re.compile(r"[1-6]0[0-9]{8}[0-9]{2}.{10}\S")
_EXPECTED = (
    "this is no municipality directory GV100AD: expected lines of fixed width that begin with the "
    "record type (10 to 60), the day of the edition (8 digits) and the state (2 digits), "
    "with the name from column 23 on"
)
_AS_OF, _NAME, _KIND, _POSTCODE = slice(2, 10), slice(22, 72), slice(122, 124), slice(165, 170)
_AGS, _DISTRICT = slice(10, 18), slice(10, 15)
_MUNICIPALITY, _ASSOCIATION = slice(15, 18), slice(18, 22)
_AREA_KINDS = {"10": "Land", "20": "Regierungsbezirk"}
_KINDS = {
    "41": "Kreisfreie Stadt",
    "42": "Stadtkreis",
    "43": "Kreis",
    "44": "Landkreis",
    "45": "Regionalverband",
    "50": "Verbandsfreie Gemeinde",
    "51": "Amt",
    "52": "Samtgemeinde",
    "53": "Verbandsgemeinde",
    "54": "Verwaltungsgemeinschaft",
    "55": "Kirchspielslandgemeinde",
    "56": "Verwaltungsverband",
    "58": "Erfüllende Gemeinde",
    "60": "Markt",
    "61": "Kreisfreie Stadt",
    "62": "Stadtkreis",
    "63": "Stadt",
    "64": "Gemeinde",
    "65": "Gemeindefreies Gebiet, bewohnt",
    "66": "Gemeindefreies Gebiet",
    "67": "Große Kreisstadt",
}


_UNINHABITED = {"65", "66"}
"""What may have no postcode."""


def is_gv100ad(text: str) -> bool:
    first = next(iter(lines_of(text[:2000])), None)
    return first is not None and _LINE.match(first[1]) is not None


def read_gv100ad(stream: BinaryIO, report: Report) -> Iterator[Region]:
    """Every area of it; raise DirectoryFileError on the first line that is none.

    Not one is skipped: what an edition does not list any more has ended.
    """
    text = read_text(stream)
    if not is_gv100ad(text):
        raise DirectoryFileError(_EXPECTED)
    seen: set[str] = set()
    days: set[date] = set()
    for number, line in lines_of(text):
        region = _region(number, line)
        if region is None:
            continue
        for key in filter(None, (region.ars, region.ags)):
            if key in seen:
                raise DirectoryFileError(f"line {number}: {key} is listed a second time")
            seen.add(key)
        days.add(region.as_of)
        if len(days) > 1:
            raise DirectoryFileError(f"line {number} is of another day's edition than those before")
        report.read[_READ_AS[line[:2]]] += 1
        yield region
    if not report.read["municipalities"]:
        raise DirectoryFileError("the directory lists no municipality (record type 60): cut off?")


def _region(number: int, line: str) -> Region | None:
    if _LINE.match(line) is None:
        raise DirectoryFileError(f"line {number}: {_EXPECTED}")
    record = line[:2]
    if record == _STATISTICAL:
        return None
    municipality = record == "60"
    postcode = line[_POSTCODE].strip() if municipality else ""
    code = line[_KIND].strip()
    found = Region(
        ars=_ars(record, line),
        name=unicodedata.normalize("NFC", line[_NAME].strip()),
        as_of=_day(number, line[_AS_OF]),
        ags=line[_AGS] if municipality else None,
        kind=_AREA_KINDS.get(record) or _KINDS.get(code, code) or None,
        postcode=postcode or None,
    )
    if municipality and (not code or (not postcode and code not in _UNINHABITED)):
        raise DirectoryFileError(f"line {number} ends before its type or postcode: cut off?")
    if not _is_digits(found.ars) or not (postcode == "" or is_postcode(postcode)):
        raise DirectoryFileError(
            f"line {number}: the key or the postcode is not all digits where they belong; "
            "is this another edition's width?"
        )
    return found


def _ars(record: str, line: str) -> str:
    """The parts of the key, which the line has in the order of the AGS."""
    if record == "10":
        return line[10:12]
    if record == "20":
        return line[10:13]
    if record == "40":
        return line[_DISTRICT]
    if record == "50":
        return line[_DISTRICT] + line[_ASSOCIATION]
    return line[_DISTRICT] + line[_ASSOCIATION] + line[_MUNICIPALITY]


def _day(number: int, text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise DirectoryFileError(f"line {number}: the day of the edition is none") from None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
