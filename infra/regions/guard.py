"""Refuse a municipality directory that lacks a state, or much of one: it was cut off."""

from collections import Counter
from collections.abc import Iterable, Mapping

from infra.directory.errors import DirectoryFileError
from infra.directory.guard import REFUSED, is_much
from infra.regions.entries import RegionRow

_STATE = slice(2)
_NAMED = 3


def refuse_missing_states(
    before: Mapping[str, RegionRow], after: Iterable[str], successors: Iterable[str]
) -> None:
    """The regions before, the keys of those after, and the keys of which it is known what became.

    Raise DirectoryFileError.
    """
    left = set(after)
    known = Counter(ars[_STATE] for ars in before)
    lasting = Counter(ars[_STATE] for ars in left)
    ending = Counter(ars[_STATE] for ars in before.keys() - left - set(successors))
    lacking = [
        f"{ending[state]:,} of {known[state]:,} regions of {_name(state, before)}"
        for state in sorted(ending)
        if not lasting[state] or is_much(ending[state], known[state])
    ]
    if lacking:
        more = f" and of {len(lacking) - _NAMED} states more" if len(lacking) > _NAMED else ""
        raise DirectoryFileError(
            f"{'; '.join(lacking[:_NAMED])}{more} would end: is the municipality directory "
            f"complete? {REFUSED}"
        )


def _name(state: str, before: Mapping[str, RegionRow]) -> str:
    return before[state].name if state in before else f"state {state}"
