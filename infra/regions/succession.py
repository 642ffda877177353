"""What former keys became: chains of changes, and where they end."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from infra.directory.entries import Report
from infra.regions.entries import Change, RegionRow


class Known(NamedTuple):
    """The version before: its regions by ARS, and what keys that were former then had become."""

    regions: Mapping[str, RegionRow]
    successors: Mapping[str, frozenset[str]]


def successors_in(
    regions: Mapping[str, RegionRow], before: Known, changes: Iterable[Change], report: Report
) -> dict[str, frozenset[str]]:
    """What was known, what is stated now, and an ARS that changed under the same AGS.

    A key that lasts has none: its municipality would be taken for another one's as well.
    """
    lasting = {key for row in regions.values() if row.valid_to is None for key in _keys(row)}
    became: dict[str, set[str]] = defaultdict(set)
    for key, ends in before.successors.items():
        became[key] |= ends
    for change in changes:
        _tell_useless(change, lasting, report)
        for key in _both_keys(before, change.former_key):
            became[key].add(change.ars)
    by_ags = {row.ags: row.ars for row in regions.values() if row.ags and row.valid_to is None}
    for row in before.regions.values():
        if row.ars not in lasting and row.ags in by_ags:
            became[row.ars].add(by_ags[row.ags])
    found = {key: _led_to(key, became, lasting) for key in became if key not in lasting}
    return {key: frozenset(ends) for key, ends in found.items() if ends}


def _both_keys(before: Known, key: str) -> set[str]:
    rows = (row for row in before.regions.values() if key in (row.ars, row.ags))
    return {key, *(each for row in rows for each in _keys(row))}


def _keys(row: RegionRow) -> Iterator[str]:
    yield row.ars
    if row.ags is not None:
        yield row.ags


def _tell_useless(change: Change, lasting: Container[str], report: Report) -> None:
    if change.former_key in lasting:
        reason = "changes of a key that the municipality directory still lists"
        report.skip(reason, change.former_key)
    elif change.ars not in lasting:
        report.skip("changes to a key that is not listed, kept for its own change", change.ars)


def _led_to(key: str, successors: Mapping[str, Iterable[str]], listed: Container[str]) -> set[str]:
    """The keys at the ends of the chains that begin with `key`: listed ones, or unknown ones."""
    ends, seen, next_ones = set[str](), {key}, list(successors.get(key, ()))
    while next_ones:
        each = next_ones.pop()
        if each in seen:
            continue
        seen.add(each)
        further = () if each in listed else successors.get(each, ())
        if further:
            next_ones.extend(further)
        else:
            ends.add(each)
    return ends
