"""Where an application belongs: regional keys, places as stated, municipalities."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import RegionKey

FEDERATION = RegionKey("000000000000")

AREA_DIGITS = (12, 9, 5, 3, 2)
"""Municipality, association (Amt), district, government region, state: lengths of an ARS prefix."""

_AGS_DIGITS = 8


class Place(BaseModel):
    """What an application says of the place it is about. `region` is an ARS, a prefix, or an AGS.

    `stated_by` names who says so: the sender, or the form's field. A name or postcode is an
    applicant's: it is looked up, and stored and shown nowhere.
    """

    model_config = ConfigDict(frozen=True)

    region: RegionKey | None = None
    postcode: str | None = None
    name: str | None = None
    stated_by: str = "sender"


class Municipality(BaseModel):
    """Gemeinde. `former_keys` are those that it took over, in case the directory still has them."""

    model_config = ConfigDict(frozen=True)

    ars: RegionKey
    ags: RegionKey | None = None
    name: str | None = None
    former_keys: tuple[RegionKey, ...] = ()

    def areas(self) -> dict[RegionKey, int]:
        """The keys of all areas that contain it, with how narrow each is: 12 digits to none."""
        found = {RegionKey(self.ars[:digits]): digits for digits in AREA_DIGITS}
        found[FEDERATION] = 0
        for key in (self.ags, *self.former_keys):
            if key is not None:
                found.setdefault(key, AREA_DIGITS[0])
        return found


class Located(StrEnum):
    """How the municipality was found, or why it is not certain."""

    BY_KEY = "by_key"
    BY_FORMER_KEY = "by_former_key"
    BY_UNLISTED_KEY = "by_unlisted_key"  # a full ARS of a state without regions: taken as it is
    BY_NAME = "by_name"
    BY_NAME_AND_POSTCODE = "by_name_and_postcode"
    NOT_STATED = "not_stated"
    UNKNOWN = "unknown"
    KEY_TOO_SHORT = "key_too_short"
    KEY_NOT_LISTED = "key_not_listed"
    POSTCODE_ALONE = "postcode_alone"
    SEVERAL = "several"
    CONTRADICTORY = "contradictory"


_CERTAIN = {
    Located.BY_KEY,
    Located.BY_FORMER_KEY,
    Located.BY_UNLISTED_KEY,
    Located.BY_NAME,
    Located.BY_NAME_AND_POSTCODE,
}


class Location(BaseModel):
    """The municipalities that a place may be; exactly one if it is certain."""

    model_config = ConfigDict(frozen=True)

    how: Located = Located.NOT_STATED
    municipalities: tuple[Municipality, ...] = ()

    @property
    def is_certain(self) -> bool:
        return self.how in _CERTAIN


def lies_in(area: str, location: Location, stated: str | None) -> bool:
    """Certainly. A postcode, or a name that several have, is no proof; a key as stated is."""
    if location.is_certain:
        return all(each.ars.startswith(prefix_of(area)) for each in location.municipalities)
    return stated is not None and is_area(stated) and prefix_of(stated).startswith(prefix_of(area))


def prefix_of(area: str) -> str:
    """The prefix that all keys within the area have: none for the federation's."""
    return "" if area == FEDERATION else area


def is_full_region(region: str) -> bool:
    """An ARS down to the municipality: a shorter one cannot tell who is responsible within it."""
    return len(region) == AREA_DIGITS[0] and _is_digits(region) and region != FEDERATION


def is_ags(region: str) -> bool:
    """Amtlicher Gemeindeschlüssel: 8 digits, of another key than the ARS's twelve."""
    return len(region) == _AGS_DIGITS and _is_digits(region)


def is_area(region: str) -> bool:
    """A prefix of an ARS that is an area's key; twelve zeros are the federation."""
    return region == FEDERATION or (len(region) in AREA_DIGITS and _is_digits(region))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
