"""The regions in Postgres: the newest version's content, and what an import made of it.

Tables `regions`, `region_aliases` and `postcodes`. Rows of a list have its kind as their source.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from psycopg import sql
from psycopg.rows import class_row

from infra.directory.guard import refuse_much_ending
from infra.directory.history import Change, clear, compare, record, stage
from infra.directory.tables import POSTCODES, REGION_ALIASES, REGIONS, Table
from infra.directory.versions import add_version
from infra.regions.content import Content
from infra.regions.entries import RegionRow
from infra.regions.postcodes import ListKind
from shared.adapters.postgres.pool import Connection

SOURCE = "regions"


class Written(NamedTuple):
    """`version` is None if the newest one says all of it already."""

    version: int | None
    changes: dict[str, Change]


def newest(conn: Connection) -> Content:
    with conn.cursor(row_factory=class_row(RegionRow)) as cur:
        cur.execute(
            """
            SELECT ars, ags, name, name_key, kind, valid_from, valid_to
              FROM regions
             WHERE source = %(source)s AND until IS NULL
            """,
            {"source": SOURCE},
        )
        regions = {row.ars: row for row in cur}
    successors = conn.execute(
        """
        SELECT former_key, array_agg(ars)
          FROM region_aliases
         WHERE source = %(source)s AND until IS NULL
         GROUP BY former_key
        """,
        {"source": SOURCE},
    )
    postcodes = conn.execute(
        """
        SELECT source, postcode, ars
          FROM postcodes
         WHERE source = ANY(%(kinds)s) AND until IS NULL
        """,
        {"kinds": list(ListKind)},
    )
    by_kind: dict[ListKind, set[tuple[str, str]]] = defaultdict(set)
    for kind, postcode, ars in postcodes:
        by_kind[ListKind(kind)].add((postcode, ars))
    return Content(
        regions,
        {key: frozenset(became) for key, became in successors},
        {kind: frozenset(rows) for kind, rows in by_kind.items()},
    )


def write(conn: Connection, content: Content, name: str, *, much_ends: bool) -> Written:
    """Make a version of it, unless it is what the newest one says. The caller has the turn.

    Raise DirectoryFileError if much ends by it that should not.
    """
    version: int | None = None
    changes: dict[str, Change] = {}
    for table, source, rows in _parts(content):
        stage(conn, table)
        _fill(conn, table, rows)
        if compare(conn, table, source, full=True):
            if not much_ends:
                refuse_much_ending(conn, [table], source)
            version = version or add_version(conn, name, SOURCE)
            made = record(conn, table, source, version)
            before = changes.get(table.name, Change(0, 0))
            changes[table.name] = Change(before.added + made.added, before.ended + made.ended)
        clear(conn, table)
    return Written(version, changes)


def _parts(content: Content) -> Iterator[tuple[Table, str, Iterable[tuple[Any, ...]]]]:
    yield REGIONS, SOURCE, content.regions.values()
    aliases = ((key, ars) for key, became in content.successors.items() for ars in became)
    yield REGION_ALIASES, SOURCE, aliases
    for kind, rows in content.postcodes.items():
        yield POSTCODES, kind, rows


def _fill(conn: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    statement = sql.SQL("COPY {staged} ({columns}) FROM STDIN").format(**table.identifiers())
    with conn.cursor() as cur, cur.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
