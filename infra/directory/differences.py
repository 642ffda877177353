"""What one version of the directory says and another one does not."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psycopg import sql

from infra.directory.tables import TABLES, Table, on
from infra.directory.versions import require
from shared.adapters.postgres.pool import Connection

Row = tuple[Any, ...]

_NOT_SHOWN = "contact"


class Difference(NamedTuple):
    """Of one table; `added_rows` and `ended_rows` are the first of each."""

    table: Table
    added: int
    ended: int
    added_rows: list[Row]
    ended_rows: list[Row]

    def lines(self) -> Iterator[str]:
        """Without contact data: `~` stands before what differs in these only."""
        ended, added = (
            [self._text(row) for row in rows] for rows in (self.ended_rows, self.added_rows)
        )
        same = set(ended) & set(added)
        for sign, texts in (("-", ended), ("+", added)):
            yield from (f"{sign} {text}" for text in texts if text not in same)
        yield from (f"~ {text}  (contact data)" for text in added if text in same)

    def _text(self, row: Row) -> str:
        *values, source = row
        said = zip(self.table.columns, values, strict=True)
        shown = (value for column, value in said if value is not None and column != _NOT_SHOWN)
        return f"{'  '.join(shown)}  [{source}]"


def differences(
    conn: Connection, before: int, after: int, most: int | None = None
) -> list[Difference]:
    """With at most `most` rows of each kind. Raise VersionError if there is no such version."""
    for version in (before, after):
        require(conn, version)
    found = []
    for table in TABLES:
        added, added_rows = _only_in(conn, table, after, before, most)
        ended, ended_rows = _only_in(conn, table, before, after, most)
        if added or ended:
            found.append(Difference(table, added, ended, added_rows, ended_rows))
    return found


def _only_in(
    conn: Connection, table: Table, one: int, other: int, most: int | None
) -> tuple[int, list[Row]]:
    """Only rows that began or ended in between can differ; what ended and came back does not."""
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(column)) for column in (*table.columns, "source")
    )
    query = on(
        table,
        """
        WITH of_one AS (
            SELECT {texts} FROM {table}
             WHERE since <= %(one)s AND (until IS NULL OR until > %(one)s)
               AND (since > %(other)s OR until <= %(other)s)
        ), of_other AS (
            SELECT {texts} FROM {table}
             WHERE since <= %(other)s AND (until IS NULL OR until > %(other)s)
               AND (since > %(one)s OR until <= %(one)s)
        ), differing AS (
            SELECT {columns}, source FROM of_one EXCEPT SELECT {columns}, source FROM of_other
        )
        SELECT count(*) OVER (), {columns}, source
          FROM differing
         ORDER BY {order}, {columns}
         LIMIT %(most)s
        """,
        texts=columns,
    )
    rows = conn.execute(query, {"one": one, "other": other, "most": most}).fetchall()
    return (rows[0][0] if rows else 0), [row[1:] for row in rows]
