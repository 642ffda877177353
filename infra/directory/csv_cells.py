"""What the cells of a table say, also where a spreadsheet has been at them."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from infra.directory.keys import region_key
from shared.domain.directory import RESPONSIBLE, single_keys
from shared.domain.identifiers import is_leika_key
from shared.domain.regions import is_ags, is_area

_AS_NUMBER = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_BETWEEN_REGIONS = re.compile(r"[,;]")
_BETWEEN_DIGITS = re.compile(r"[\s./-]+")
_LISTED_BY_BLANKS = 5  # digits; with fewer it is more likely one key in groups, and too wide a one
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SHORT_OF_ZERO = (1, 4, 7, 11)  # one less than a state, a district, an AGS, a municipality's ARS
_RESPONSIBLE = {"", RESPONSIBLE, "zuständig", "zuständigestelle"}
_AS_TEXT = "give the column the format Text and enter it anew"


class Unusable(Exception):
    """Why a row cannot be used."""


class Values(NamedTuple):
    """What a cell lists, and what is wrong with the rest of it."""

    usable: list[str]
    reasons: list[str]


def service_keys(cell: str) -> Values:
    if _AS_NUMBER.fullmatch(cell):
        return Values([], [f"a spreadsheet has made a number of the service key: {_AS_TEXT}"])
    return _sorted_out(single_keys([cell]), "service", _wrong_with_key)


def regions(cell: str) -> Values:
    if _AS_NUMBER.fullmatch(cell):
        return Values([], [f"a spreadsheet has made a number of the region: {_AS_TEXT}"])
    stated = [key for part in _BETWEEN_REGIONS.split(cell) for key in _keys_of_part(part)]
    return _sorted_out(dict.fromkeys(stated), "region", _wrong_with_region)


def role(cell: str) -> str:
    """`responsible` if it says so, however it is written, or says nothing."""
    return RESPONSIBLE if "".join(cell.split()).casefold() in _RESPONSIBLE else cell


def day(cell: str | None) -> date | None:
    """ISO, or as people write it in German: 31.12.2026."""
    if not cell:
        return None
    german = _GERMAN_DATE.fullmatch(cell)
    try:
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
        return date.fromisoformat(cell)
    except ValueError:
        raise Unusable("valid_from or valid_to is no date such as 2026-12-31") from None


def _sorted_out(
    stated: Iterable[str], what: str, wrong_with: Callable[[str], str | None]
) -> Values:
    values = Values([], [])
    for value in stated:
        reason = wrong_with(value)
        if reason is None:
            values.usable.append(value)
        else:
            values.reasons.append(reason)
    if not values.usable and not values.reasons:
        values.reasons.append(f"it names no {what}")
    return values


def _wrong_with_key(key: str) -> str | None:
    return None if is_leika_key(key) else "a service is no LeiKa key: 99 and twelve more digits"


def _keys_of_part(part: str) -> list[str]:
    """One key, perhaps in groups of digits; only what cannot be one is a list."""
    words = [word for word in _BETWEEN_DIGITS.split(part) if word]
    joined = "".join(words)
    if region_key(joined) is None and all(map(_is_listed, words)):
        return words
    return [joined]


def _is_listed(word: str) -> bool:
    return len(word) >= _LISTED_BY_BLANKS and region_key(word) == word


def _wrong_with_region(region: str) -> str | None:
    """No state begins with 17 or more: such a key has lost its zero, too."""
    if region_key(region) == region:
        return None
    short = len(region) in _SHORT_OF_ZERO and region.isascii() and region.isdigit()
    if not region.startswith("0") and (short or is_area(region) or is_ags(region)):
        return f"a spreadsheet has eaten the zero that a region begins with: {_AS_TEXT}"
    return "a region is neither ARS nor AGS"
