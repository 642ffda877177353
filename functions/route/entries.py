"""Which unit is responsible, and whose it is: the tables of units, services, responsibilities."""

from collections.abc import Collection
from typing import Any, NamedTuple

from shared.adapters.postgres.pool import Connection
from shared.domain.directory import Responsibility, Unit
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId

LONGEST_LINE = 16
"""How far up from a unit an authority is looked for: a unit may, by mistake, lie below itself."""


class Entries(NamedTuple):
    """What a sender's unit stands for, and who is responsible."""

    named: tuple[Unit, ...]
    responsibilities: tuple[Responsibility, ...]


def look_up_entries(
    conn: Connection,
    version: int,
    unit: UnitId | None,
    services: Collection[LeikaKey],
    areas: Collection[RegionKey],
) -> Entries:
    """Entries for exactly these services in exactly these areas; without areas, the unit's own.

    A unit that an authority declares, or that lies below one, is that authority's. A service
    without a key of its own counts as the one that it specializes.
    """
    rows = conn.execute(
        """
        SELECT leika_key, region, role, valid_from, valid_to, unit, name, authority, tenant
          FROM look_up_entries(%(version)s, %(unit)s, %(services)s, %(areas)s, %(steps)s)
        """,
        {
            "version": version,
            "unit": unit,
            "services": list(services),
            "areas": list(areas),
            "steps": LONGEST_LINE,
        },
    ).fetchall()
    return Entries(
        named=tuple(_unit(*row[5:]) for row in rows if row[0] is None),
        responsibilities=tuple(_responsibility(*row) for row in rows if row[0] is not None),
    )


def _unit(id_: str, name: str, authority: str | None, tenant: str | None) -> Unit:
    return Unit.model_validate({"id": id_, "name": name, "authority": authority, "tenant": tenant})


def _responsibility(
    leika_key: str, region: str, role: str, valid_from: Any, valid_to: Any, *unit: Any
) -> Responsibility:
    return Responsibility.model_validate(
        {
            "leika_key": leika_key,
            "region": region,
            "role": role,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "unit": _unit(*unit),
        }
    )
