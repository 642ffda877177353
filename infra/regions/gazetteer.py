"""Which municipality a list means by a key, or by a place's name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from infra.regions.entries import Listed, RegionRow, is_state
from shared.domain.identifiers import RegionKey
from shared.domain.place_names import name_key, so_called
from shared.domain.regions import Municipality

_CITIES = {"Kreisfreie Stadt", "Stadtkreis"}


class NotMatched(Exception):
    """The text says why, without the name."""


class Gazetteer:
    """The municipalities of a version; `successors` are what former keys became.

    `own_postcodes` are those that the municipality directory names, by ARS.
    """

    def __init__(
        self,
        regions: Iterable[RegionRow],
        successors: Mapping[str, Iterable[str]],
        own_postcodes: Mapping[str, str],
    ) -> None:
        self._successors = successors
        self._own_postcodes = own_postcodes
        self._by_key: dict[str, RegionRow] = {}
        self._by_name: dict[str, list[RegionRow]] = defaultdict(list)
        self._states: dict[str, str] = {}
        for region in regions:
            if is_state(region.ars):
                self._states[name_key(region.name)] = region.ars
            elif region.name_key is not None:
                self._add(region, region.name_key)

    def _add(self, region: RegionRow, key: str) -> None:
        self._by_key[region.ars] = region
        if region.valid_to is None:  # one that ends may have a successor of the same name
            self._by_name[key].append(region)
            if region.ags:
                self._by_key[region.ags] = region

    def municipalities(self, listed: Listed) -> tuple[str, ...]:
        """Their ARS; several only for a key that was split. Raise NotMatched rather than guess."""
        if listed.key is not None:
            return self._keyed(listed.key)
        return (self._named(listed).ars,)

    def _keyed(self, key: str) -> tuple[str, ...]:
        if key in self._by_key:
            return (self._by_key[key].ars,)
        current = tuple(each for each in self._successors.get(key, ()) if each in self._by_key)
        if not current:
            raise NotMatched("a key that the municipality directory does not list")
        return current

    def _named(self, listed: Listed) -> RegionRow:
        name = listed.place or ""
        area = self._area(listed)
        within = [each for each in self._by_name[name_key(name)] if each.ars.startswith(area)]
        called = so_called(name, tuple(map(_municipality, within)))
        if not called:
            raise NotMatched("a place that is no municipality of its district or state")
        if len(called) > 1:
            raise NotMatched("several municipalities of this name")
        found = self._by_key[called[0].ars]
        if not area and not self._is_near(listed.postcode, found):
            raise NotMatched("a place far from the one municipality of its name")
        return found

    def _area(self, listed: Listed) -> str:
        """The beginning of the keys in it; empty for all of them."""
        if listed.district:
            return listed.district
        if listed.state is None:
            return ""
        try:
            return self._states[name_key(listed.state)]
        except KeyError:
            raise NotMatched("a state that the municipality directory does not list") from None

    def _is_near(self, postcode: str, found: RegionRow) -> bool:
        """A village may be called like a municipality at the other end of the country.

        Own design, no public source: a city's postcodes share one digit, all others' two.
        """
        own = self._own_postcodes.get(found.ars)
        digits = 1 if found.kind in _CITIES else 2
        return own is not None and postcode[:digits] == own[:digits]


def _municipality(region: RegionRow) -> Municipality:
    return Municipality(ars=RegionKey(region.ars), name=region.name)
