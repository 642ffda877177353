"""Which municipality a place is: certain, or one of several."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import RegionKey
from shared.domain.place_names import is_named, name_key, of_kind, so_called
from shared.domain.regions import (
    FEDERATION,
    Located,
    Location,
    Municipality,
    Place,
    is_ags,
    is_area,
    is_full_region,
)


class Match(BaseModel):
    """A municipality of the directory, and what of a place fits it."""

    model_config = ConfigDict(frozen=True)

    municipality: Municipality
    by_key: bool = False
    by_former_key: bool = False
    by_name: bool = False
    by_postcode: bool = False


def match(place: Place, municipality: Municipality, by_postcode: bool) -> Match:
    """`by_postcode`: it lies, in part at least, under the place's postcode."""
    name = municipality.name
    return Match(
        municipality=municipality,
        by_key=place.region is not None and place.region in (municipality.ars, municipality.ags),
        by_former_key=place.region in municipality.former_keys,
        by_name=bool(place.name and name and name_key(place.name) == name_key(name)),
        by_postcode=by_postcode,
    )


def locate(place: Place, matches: Iterable[Match], *, state_is_listed: bool = False) -> Location:
    """`matches` are at least all municipalities that anything of the place fits, in any order.

    `state_is_listed`: the regions of the key's state are known, so that a key which is not among
    them has ended, is mistyped, or is a wider area's, filled with zeros.

    A key counts more than names. A postcode alone never decides: it may cover municipalities that
    no list has under it.
    """
    found = sorted(matches, key=lambda match: match.municipality.ars)
    if place.region is not None and (is_full_region(place.region) or is_ags(place.region)):
        return _by_key(place.region, found, state_is_listed=state_is_listed)
    if place.region is not None and is_area(place.region):
        within = "" if place.region == FEDERATION else place.region
        found = [match for match in found if match.municipality.ars.startswith(within)]
    if place.name or place.postcode:
        return _by_name(place, found)
    if place.region is None:
        return Location()
    return Location(how=Located.KEY_TOO_SHORT if is_area(place.region) else Located.UNKNOWN)


def _by_key(key: RegionKey, found: list[Match], *, state_is_listed: bool) -> Location:
    current = _municipalities(match for match in found if match.by_key)
    if current:
        return Location(how=_one_or(current, Located.BY_KEY), municipalities=current)
    successors = _municipalities(match for match in found if match.by_former_key)
    if successors:
        return Location(how=_one_or(successors, Located.BY_FORMER_KEY), municipalities=successors)
    if is_full_region(key):
        how = Located.KEY_NOT_LISTED if state_is_listed else Located.BY_UNLISTED_KEY
        return Location(how=how, municipalities=(Municipality(ars=key),))
    return Location(how=Located.UNKNOWN)


def _by_name(place: Place, found: list[Match]) -> Location:
    named = _municipalities(match for match in found if match.by_name)
    posted = _municipalities(match for match in found if match.by_postcode)
    if place.name:
        named = so_called(place.name, named)
    if place.name and place.postcode:
        both = of_kind(place.name, tuple(each for each in named if each in posted))
        if both:
            how = _one_or(both, Located.BY_NAME_AND_POSTCODE)
            return Location(how=how, municipalities=both)
        if named and posted:
            either = tuple(sorted({*named, *posted}, key=lambda each: each.ars))
            return Location(how=Located.CONTRADICTORY, municipalities=either)
    if posted:
        # Also where the name is none of a municipality: that of a village, say.
        return Location(how=_one_or(posted, Located.POSTCODE_ALONE), municipalities=posted)
    if named and place.name:
        # With a postcode that nobody has, the name may be mistyped as well.
        fits = not place.postcode and is_named(place.name, named[0])
        how = _one_or(named, Located.BY_NAME if fits else Located.CONTRADICTORY)
        return Location(how=how, municipalities=named)
    return Location(how=Located.UNKNOWN)


def _one_or(found: tuple[Municipality, ...], how: Located) -> Located:
    return how if len(found) == 1 else Located.SEVERAL


def _municipalities(matches: Iterable[Match]) -> tuple[Municipality, ...]:
    return tuple(dict.fromkeys(match.municipality for match in matches))
