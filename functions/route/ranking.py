"""Rank what the directory holds: each entry is left over for its service, or says why it lost."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from shared.domain.directory import (
    RESPONSIBLE,
    Responsibility,
    broader_keys,
    service_digits,
    service_level,
)
from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.regions import Municipality
from shared.domain.routing import Candidate, Precedence


class _Entry(NamedTuple):
    """`area` and `service` are how narrow they are, in digits. `in_part`: its region is a former
    key, whose area may be a part of the municipality only."""

    held: Responsibility
    area: int
    service: int
    barred: str | None
    in_part: bool


def rank(
    keys: Sequence[LeikaKey],
    municipality: Municipality | None,
    held: Iterable[Responsibility],
    on: date,
    precedence: Precedence = Precedence.REGION,
    *,
    stated: RegionKey | None = None,
) -> tuple[Candidate, ...]:
    """Candidates per service asked for, best first; the order of what comes in does not matter.

    Without a municipality there is nothing to rank by: whoever is responsible somewhere is left.
    So is who is responsible under a former key that is not the one `stated`: it beats nobody, and
    nobody beats it.
    """
    areas = municipality.areas() if municipality is not None else None
    former = set(municipality.former_keys) - {stated} if municipality is not None else set()
    by_service: dict[LeikaKey, set[Responsibility]] = {}
    for each in held:
        if areas is None or each.region in areas:
            by_service.setdefault(each.leika_key, set()).add(each)
    candidates: list[Candidate] = []
    for key in sorted(set(keys)):
        matching = [
            _Entry(
                held=entry,
                area=areas[entry.region] if areas is not None else 0,
                service=service_digits(entry.leika_key),
                barred=_barred(entry, on),
                in_part=entry.region in former,
            )
            for service in broader_keys(key)
            for entry in by_service.get(service, ())
        ]
        matching.sort(key=lambda entry: _order(entry, precedence))
        able = (entry for entry in matching if entry.barred is None and not entry.in_part)
        best = next(able, None)
        if areas is None:
            best = None
        where = municipality.ars if municipality is not None else None
        candidates += (_candidate(key, where, entry, best, precedence) for entry in matching)
    return tuple(candidates)


def may_win(
    keys: Sequence[LeikaKey],
    municipality: Municipality | None,
    held: Iterable[Responsibility],
    on: date,
) -> Iterator[Responsibility]:
    """Those that are candidates and not barred."""
    areas = municipality.areas() if municipality is not None else None
    services = {broader for key in keys for broader in broader_keys(key)}
    for entry in held:
        if (
            entry.leika_key in services
            and (areas is None or entry.region in areas)
            and _barred(entry, on) is None
        ):
            yield entry


def _candidate(
    asked: LeikaKey,
    where: RegionKey | None,
    entry: _Entry,
    best: _Entry | None,
    precedence: Precedence,
) -> Candidate:
    lost = entry.barred
    if lost is None and best is not None and not entry.in_part:
        lost = _behind(entry, best, precedence)
    held = entry.held
    return Candidate(
        unit=held.unit.id,
        authority=held.unit.authority,
        name=held.unit.name,
        asked=asked,
        leika_key=held.leika_key,
        region=held.region,
        municipality=where,
        role=held.role,
        valid_from=held.valid_from,
        valid_to=held.valid_to,
        lost=lost,
    )


def _barred(entry: Responsibility, on: date) -> str | None:
    if entry.role != RESPONSIBLE:
        return f"its role is {entry.role}, not {RESPONSIBLE}"
    if not entry.valid_on(on):
        return f"not valid on {on}"
    return None


def _behind(entry: _Entry, best: _Entry, precedence: Precedence) -> str | None:
    wider, broader = _wider(entry, best), _broader(entry, best)
    if precedence is Precedence.SERVICE:
        return broader or (wider if entry.service == best.service else None)
    return wider or (broader if entry.area == best.area else None)


def _wider(entry: _Entry, best: _Entry) -> str | None:
    if entry.area >= best.area:
        return None
    return f"its region {entry.held.region} is wider than {_of(best.held.region, best)}"


def _broader(entry: _Entry, best: _Entry) -> str | None:
    if entry.service >= best.service:
        return None
    ours, theirs = entry.held.leika_key, best.held.leika_key
    named = f"{theirs} ({service_level(theirs)})"
    return f"its service {ours} ({service_level(ours)}) is broader than {_of(named, best)}"


def _of(what: str, entry: _Entry) -> str:
    return f"{what} of {entry.held.unit.bearer}"


def _order(entry: _Entry, precedence: Precedence) -> tuple[int | str, ...]:
    """Best first; what follows only makes the order the same every time."""
    first, second = -entry.area, -entry.service
    if precedence is Precedence.SERVICE:
        first, second = second, first
    held = entry.held
    return (
        first,
        second,
        held.unit.bearer,
        held.unit.id,
        held.unit.name,
        held.region,
        held.leika_key,
        held.role,
        str(held.valid_from),
        str(held.valid_to),
    )
