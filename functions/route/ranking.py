"""Rank what the directory holds: each entry is left over for its service, or says why it lost."""

from collections.abc import Iterable, Sequence
from datetime import date

from shared.domain.directory import (
    RESPONSIBLE,
    Responsibility,
    broader_keys,
    is_full_region,
    region_digits,
    region_prefixes,
    service_digits,
    service_level,
)
from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.routing import Candidate


def rank(
    keys: Sequence[LeikaKey],
    region: RegionKey | None,
    held: Iterable[Responsibility],
    on: date,
) -> tuple[Candidate, ...]:
    """Candidates per service asked for, best first; the order of what comes in does not matter.

    Without a full region there is nothing to rank by: whoever is responsible somewhere is left.
    """
    areas = region_prefixes(region) if region is not None and is_full_region(region) else None
    candidates: list[Candidate] = []
    for key in sorted(set(keys)):
        services = broader_keys(key)
        matching = {
            entry
            for entry in held
            if entry.leika_key in services and (areas is None or entry.region in areas)
        }
        candidates += _rank_one(key, sorted(matching, key=_order), areas is not None, on)
    return tuple(candidates)


def _rank_one(
    key: LeikaKey, matching: Sequence[Responsibility], by_region: bool, on: date
) -> Iterable[Candidate]:
    barred = {entry: _barred(entry, on) for entry in matching}
    best = next((entry for entry in matching if barred[entry] is None), None)
    for entry in matching:
        lost = barred[entry]
        if lost is None and best is not None and by_region:
            lost = _narrower(entry, best)
        yield Candidate(
            authority=entry.authority.id,
            name=entry.authority.name,
            asked=key,
            leika_key=entry.leika_key,
            region=entry.region,
            role=entry.role,
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
            lost=lost,
        )


def _barred(entry: Responsibility, on: date) -> str | None:
    if entry.role != RESPONSIBLE:
        return f"its role is {entry.role}, not {RESPONSIBLE}"
    if not entry.valid_on(on):
        return f"not valid on {on}"
    return None


def _narrower(entry: Responsibility, best: Responsibility) -> str | None:
    if region_digits(entry.region) < region_digits(best.region):
        return f"its region {entry.region} is wider than {best.region} of {best.authority.id}"
    if service_digits(entry.leika_key) < service_digits(best.leika_key):
        return (
            f"its service {entry.leika_key} ({service_level(entry.leika_key)}) is broader than "
            f"{best.leika_key} ({service_level(best.leika_key)}) of {best.authority.id}"
        )
    return None


def _order(entry: Responsibility) -> tuple[int | str, ...]:
    """Best first; what follows only makes the order the same every time."""
    return (
        -region_digits(entry.region),
        -service_digits(entry.leika_key),
        entry.authority.id,
        entry.region,
        entry.leika_key,
        entry.role,
        str(entry.valid_from),
        str(entry.valid_to),
    )
