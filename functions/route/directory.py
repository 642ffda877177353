"""The authority directory: tables `directory_versions`, `responsibilities` and what they name."""

from collections.abc import Sequence
from typing import Any

from shared.adapters.postgres.pool import Connection
from shared.domain.directory import (
    Authority,
    DirectoryExtract,
    Responsibility,
    broader_keys,
    is_full_region,
    region_prefixes,
)
from shared.domain.errors import Unavailable
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId


class PostgresAuthorityDirectory:
    """Works inside the caller's transaction; never commits. Each look-up is by index."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def look_up(
        self, keys: Sequence[LeikaKey], region: RegionKey | None, unit: UnitId | None
    ) -> DirectoryExtract:
        version, name, named, known = self._active(keys, unit)
        services = list(dict.fromkeys(broader for key in keys for broader in broader_keys(key)))
        if not services:
            found: tuple[Responsibility, ...] = ()
        elif region is not None and is_full_region(region):
            found = self._in_region(version, services, region_prefixes(region))
        else:
            found = self._anywhere(version, services, named)
        return DirectoryExtract(
            version=version,
            name=name,
            named=named,
            responsibilities=found,
            services=known,
        )

    def _active(
        self, keys: Sequence[LeikaKey], unit: UnitId | None
    ) -> tuple[int, str, tuple[Authority, ...], dict[LeikaKey, str]]:
        """The active version, its name, what the unit stands for, and the services it knows."""
        row = self._conn.execute(
            """
            SELECT v.id, v.name,
                   (SELECT json_agg(json_build_array(a.id, a.tenant, a.name))
                      FROM unit_aliases u
                      JOIN authorities a ON a.version = u.version AND a.id = u.authority
                     WHERE u.version = v.id AND u.unit = %(unit)s),
                   (SELECT json_object_agg(leika_key, name)
                      FROM public_services
                     WHERE version = v.id AND leika_key = ANY(%(keys)s))
              FROM directory_versions v
             WHERE v.active
            """,
            {"unit": unit, "keys": list(keys)},
        ).fetchone()
        if row is None:
            raise Unavailable("no authority directory is active")
        version, name, named, services = row
        return (
            version,
            name,
            tuple(_authority(*authority) for authority in named or ()),
            services or {},
        )

    def _in_region(
        self, version: int, services: list[LeikaKey], areas: list[RegionKey]
    ) -> tuple[Responsibility, ...]:
        rows = self._conn.execute(
            """
            SELECT r.leika_key, r.region, r.role, r.valid_from, r.valid_to, a.id, a.tenant, a.name
              FROM responsibilities r
              JOIN authorities a ON a.version = r.version AND a.id = r.authority
             WHERE r.version = %(version)s
               AND r.leika_key = ANY(%(services)s)
               AND r.region = ANY(%(areas)s)
            """,
            {"version": version, "services": services, "areas": areas},
        ).fetchall()
        return tuple(_responsibility(*row) for row in rows)

    def _anywhere(
        self, version: int, services: list[LeikaKey], named: Sequence[Authority]
    ) -> tuple[Responsibility, ...]:
        """A statewide authority may hold a row for each of a thousand municipalities."""
        if not named:
            return ()
        rows = self._conn.execute(
            """
            SELECT r.leika_key, min(r.region), r.role, r.valid_from, r.valid_to,
                   a.id, a.tenant, a.name
              FROM responsibilities r
              JOIN authorities a ON a.version = r.version AND a.id = r.authority
             WHERE r.version = %(version)s
               AND r.leika_key = ANY(%(services)s)
               AND r.authority = ANY(%(named)s)
             GROUP BY r.leika_key, r.role, r.valid_from, r.valid_to, a.id, a.tenant, a.name
            """,
            {
                "version": version,
                "services": services,
                "named": [authority.id for authority in named],
            },
        ).fetchall()
        return tuple(_responsibility(*row) for row in rows)


def _authority(id_: str, tenant: str | None, name: str) -> Authority:
    return Authority.model_validate({"id": id_, "tenant": tenant, "name": name})


def _responsibility(
    leika_key: str, region: str, role: str, valid_from: Any, valid_to: Any, *authority: Any
) -> Responsibility:
    return Responsibility.model_validate(
        {
            "leika_key": leika_key,
            "region": region,
            "role": role,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "authority": _authority(*authority),
        }
    )
