"""Which version of the directory is asked, and what its tables of regions say of a place."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from shared.adapters.postgres.pool import Connection
from shared.domain.errors import Unavailable, UnknownDirectoryVersion
from shared.domain.identifiers import LeikaKey
from shared.domain.locating import Match, match
from shared.domain.place_names import name_key
from shared.domain.regions import Municipality, Place, is_ags, is_full_region


class Version(NamedTuple):
    """A version of the directory, and what it says of a place and of the services asked for."""

    id: int
    name: str
    matches: tuple[Match, ...]
    state_is_listed: bool
    services: dict[LeikaKey, str]


def look_up_version(
    conn: Connection, version: int | None, place: Place, keys: Sequence[LeikaKey], on: date
) -> Version:
    """The active version, if `version` is None."""
    key = place.region
    row = conn.execute(
        """
        SELECT id, name, municipalities, state_is_listed, services
          FROM look_up_places(%(version)s, %(key)s, %(name_key)s, %(postcode)s, %(keys)s, %(on)s)
        """,
        {
            "version": version,
            "key": key if key and (is_full_region(key) or is_ags(key)) else None,
            "name_key": name_key(place.name) if place.name else None,
            "postcode": place.postcode,
            "keys": list(keys),
            "on": on,
        },
    ).fetchone()
    if row is None and version is None:
        raise Unavailable("no authority directory is active")
    if row is None:
        raise UnknownDirectoryVersion(str(version))
    id_, name, municipalities, state_is_listed, services = row
    return Version(
        id_,
        name,
        tuple(_match(place, *each) for each in municipalities or ()),
        state_is_listed,
        services or {},
    )


def _match(
    place: Place, ars: str, ags: str | None, name: str, former_keys: list[str], by_postcode: bool
) -> Match:
    municipality = Municipality.model_validate(
        {"ars": ars, "ags": ags, "name": name, "former_keys": former_keys}
    )
    return match(place, municipality, by_postcode)
