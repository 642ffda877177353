"""The authority directory, as one of its versions tells it."""

from collections.abc import Sequence
from datetime import date

from functions.route.entries import look_up_entries
from functions.route.places import look_up_version
from shared.adapters.postgres.pool import Connection
from shared.domain.directory import DirectoryExtract, broader_keys
from shared.domain.identifiers import LeikaKey, UnitId
from shared.domain.locating import locate
from shared.domain.regions import Place


class PostgresAuthorityDirectory:
    """Works inside the caller's transaction; never commits. Each look-up is two, by index.

    `version` None: the active one. Raises UnknownDirectoryVersion for one that there is not.
    """

    def __init__(self, conn: Connection, version: int | None = None) -> None:
        self._conn = conn
        self._version = version

    def look_up(
        self, keys: Sequence[LeikaKey], place: Place, unit: UnitId | None, on: date
    ) -> DirectoryExtract:
        version = look_up_version(self._conn, self._version, place, keys, on)
        location = locate(place, version.matches, state_is_listed=version.state_is_listed)
        services = {broader for key in keys for broader in broader_keys(key)}
        areas = {area for each in location.municipalities for area in each.areas()}
        entries = look_up_entries(self._conn, version.id, unit, services, areas)
        return DirectoryExtract(
            version=version.id,
            name=version.name,
            location=location,
            named=entries.named,
            responsibilities=entries.responsibilities,
            services=version.services,
        )
