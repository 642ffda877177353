"""What the lists say, line by line."""

from datetime import date
from typing import NamedTuple

_MUNICIPALITY_DIGITS = 12
_STATE_DIGITS = 2
_POSTCODE_DIGITS = 5


class Region(NamedTuple):
    """An area of the municipality directory; `ags` and `postcode` are a municipality's."""

    ars: str
    name: str
    as_of: date
    ags: str | None = None
    kind: str | None = None
    postcode: str | None = None


class RegionRow(NamedTuple):
    """A region as a version has it: the columns of its table, in their order."""

    ars: str
    ags: str | None
    name: str
    name_key: str | None
    kind: str | None
    valid_from: date | None = None
    valid_to: date | None = None


class Listed(NamedTuple):
    """A postcode and what it covers: a municipality by its key, or a place by its name.

    `district` is the first five digits of its key, `state` a name.
    """

    postcode: str
    line: int
    key: str | None = None
    place: str | None = None
    district: str | None = None
    state: str | None = None


class Change(NamedTuple):
    """What became of a key: `former_key` is an ARS or an AGS, `since` the day of the change."""

    former_key: str
    ars: str
    since: date | None = None


def is_postcode(text: str) -> bool:
    return len(text) == _POSTCODE_DIGITS and text.isascii() and text.isdigit()


def is_municipality(ars: str) -> bool:
    return len(ars) == _MUNICIPALITY_DIGITS


def is_state(ars: str) -> bool:
    return len(ars) == _STATE_DIGITS
