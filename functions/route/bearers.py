"""Who of the candidates is left, and how the others are told that they lost."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.routing import Candidate, RoutingDecision

Bearers = frozenset[str]
"""Authorities, and units that belong to none here."""


def responsible_by_place(decision: RoutingDecision) -> Mapping[RegionKey | None, Bearers]:
    """Whoever is left for every service asked for, in each municipality that it may be."""
    left: dict[tuple[RegionKey | None, LeikaKey], set[str]] = {}
    for candidate in decision.candidates:
        if candidate.lost is None:
            asked = (candidate.municipality, candidate.asked)
            left.setdefault(asked, set()).add(candidate.bearer)
    places: list[RegionKey | None] = [each.ars for each in decision.located.municipalities]
    return {
        place: _for_all(left.get((place, key), set()) for key in decision.leika_keys)
        for place in places or [None]
    }


def _for_all(left: Iterable[set[str]]) -> Bearers:
    bearers = list(left)
    return frozenset(set.intersection(*bearers)) if bearers else frozenset()


def losing(candidates: Iterable[Candidate], winner: str, why: str) -> tuple[Candidate, ...]:
    """All but the winner's have lost; those that had before keep their reason."""
    return tuple(
        candidate
        if candidate.lost or candidate.bearer == winner
        else candidate.model_copy(update={"lost": why})
        for candidate in candidates
    )


def listed(ids: AbstractSet[str] | Iterable[str]) -> str:
    return ", ".join(sorted(ids))
