"""Whose rows the newest version has."""

from collections.abc import Iterable

from infra.directory.tables import (
    ONLINE_SERVICES,
    RESPONSIBILITIES,
    SERVICES,
    TABLES,
    UNITS,
    Table,
    on,
)
from shared.adapters.postgres.pool import Connection

FEED_TABLES = (UNITS, SERVICES, ONLINE_SERVICES, RESPONSIBILITIES)
"""What feeds and tables fill: the largest last, since most sources are found before it."""


def sources(conn: Connection, tables: Iterable[Table] = TABLES) -> list[str]:
    found: set[str] = set()
    for table in tables:
        rows = conn.execute(on(table, "SELECT DISTINCT source FROM {table} WHERE until IS NULL"))
        found |= {source for (source,) in rows}
    return sorted(found)


def sources_beside(conn: Connection, source: str) -> list[str]:
    """The other feeds and tables, if this one has no rows yet; else none."""
    if any(_has_rows(conn, table, source) for table in FEED_TABLES):
        return []
    return sources(conn, FEED_TABLES)


def _has_rows(conn: Connection, table: Table, source: str) -> bool:
    row = conn.execute(
        on(
            table,
            "SELECT EXISTS (SELECT FROM {table} WHERE source = %(source)s AND until IS NULL)",
        ),
        {"source": source},
    ).fetchone()
    return row is not None and row[0]
