"""Refuse an import by which much ends: its file is more often cut off than right."""

from collections.abc import Iterable

from infra.directory.errors import DirectoryFileError
from infra.directory.tables import Table, on
from shared.adapters.postgres.pool import Connection

FEW = 50  # rows, that end unasked in any table
ONE_IN = 5
REFUSED = "If the file is complete and right, say --much-ends."


def refuse_much_ending(conn: Connection, tables: Iterable[Table], source: str) -> None:
    """Between `compare` and `record`. Raise DirectoryFileError, with what would end.

    A row that another one of the same keys takes the place of changes, and does not end.
    """
    much = [said for table in tables if (said := _much_ending(conn, table, source))]
    if much:
        raise DirectoryFileError(f"more than a fifth would end: {'; '.join(much)}. {REFUSED}")


def is_much(ending: int, known: int) -> bool:
    return ending > FEW and ending * ONE_IN > known


def _much_ending(conn: Connection, table: Table, source: str) -> str | None:
    ending = _count_ending(conn, table)
    if ending <= FEW:
        return None
    known = _count_known(conn, table, source, most=ending * ONE_IN)
    if not is_much(ending, known):
        return None
    return f"{ending:,} of {known:,} {table.name.replace('_', ' ')} (source {source})"


def _count_ending(conn: Connection, table: Table) -> int:
    return _number(
        conn,
        table,
        """
        SELECT count(*)
          FROM {gone} g JOIN {table} t ON t.ctid = g.place
         WHERE NOT EXISTS (SELECT FROM {staged} s WHERE {same_keys})
        """,
    )


def _count_known(conn: Connection, table: Table, source: str, most: int) -> int:
    """No more than `most` are read: the table may have millions, and few end."""
    return _number(
        conn,
        table,
        """
        SELECT count(*)
          FROM (SELECT FROM {table}
                 WHERE source = %(source)s AND until IS NULL
                 LIMIT %(most)s) AS _
        """,
        source=source,
        most=most,
    )


def _number(conn: Connection, table: Table, query: str, **values: object) -> int:
    row = conn.execute(on(table, query), values).fetchone()
    assert row is not None  # noqa: S101 - a count gives its row
    found: int = row[0]
    return found
