"""A version's units, and which of the tenants' authorities each belongs to."""

from typing import NamedTuple

from shared.adapters.postgres.pool import Connection


class ListedUnit(NamedTuple):
    """`authorities` have declared the unit, or the nearest unit above that anybody has declared."""

    id: str
    name: str
    parent: str | None
    authorities: tuple[str, ...] = ()
    declared: bool = False


def units(conn: Connection, version: int) -> list[ListedUnit]:
    """By id. What several sources say of one unit is listed once: as who knows its place."""
    rows = conn.execute(
        """
        SELECT DISTINCT ON (id) id, name, parent
          FROM organizational_units
         WHERE since <= %(version)s AND (until IS NULL OR until > %(version)s)
         ORDER BY id, parent IS NULL, source
        """,
        {"version": version},
    ).fetchall()
    parents = {id_: parent for id_, _, parent in rows}
    declared = _declared(conn)
    return [_listed(ListedUnit(*row), parents, declared) for row in rows]


def _listed(
    unit: ListedUnit, parents: dict[str, str | None], declared: dict[str, tuple[str, ...]]
) -> ListedUnit:
    seen: set[str] = set()
    above: str | None = unit.id
    while above is not None and above not in seen:
        if above in declared:
            return unit._replace(authorities=declared[above], declared=above == unit.id)
        seen.add(above)
        above = parents.get(above)
    return unit


def _declared(conn: Connection) -> dict[str, tuple[str, ...]]:
    rows = conn.execute(
        """
        SELECT d.unit, array_agg(DISTINCT a.id ORDER BY a.id)
          FROM authorities a
         CROSS JOIN LATERAL jsonb_array_elements_text(a.document -> 'units') AS d (unit)
         GROUP BY d.unit
        """
    ).fetchall()
    return {unit: tuple(authorities) for unit, authorities in rows}
