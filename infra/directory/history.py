"""The directory's tables through its versions: what a source says now against the newest version.

Who brings something in: `take_turn`, `stage` each table and fill it by COPY, `compare` it with the
newest version, and `record` the differences as a new one.
"""

from collections.abc import Iterable
from typing import NamedTuple

from psycopg import sql

from infra.directory.tables import Table, on
from shared.adapters.postgres.pool import Connection

_TURN = 5_176_230_145  # the advisory lock of whoever changes the directory; no meaning


class Change(NamedTuple):
    """Rows of a table."""

    added: int
    ended: int


def take_turn(conn: Connection) -> None:
    """Until the transaction ends nobody else changes the directory; it waits for whoever does."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])


def favour_many(conn: Connection) -> None:
    """Until the transaction ends: few statements over many rows, instead of the reverse."""
    conn.execute("SET LOCAL work_mem = '128MB'")
    conn.execute("SET LOCAL jit = off")


def favour_few(conn: Connection, tables: Iterable[Table]) -> None:
    """Once they are staged: step from row to row by index, whatever the statistics say.

    Those of a large table that was just filled may not be there yet, and then it would be read.
    """
    conn.execute("SET LOCAL enable_seqscan = off")
    conn.execute("SET LOCAL enable_hashjoin = off")
    conn.execute("SET LOCAL enable_mergejoin = off")
    for table in tables:
        conn.execute(on(table, "CREATE INDEX ON {staged} ({entry})"))


def favour_nothing(conn: Connection) -> None:
    """What the transaction does next is not an import any more."""
    for setting in ("work_mem", "jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        conn.execute(sql.SQL("SET LOCAL {} TO DEFAULT").format(sql.Identifier(setting)))


def stage(conn: Connection, table: Table) -> None:
    """Create `staged_<table>` for what the source says; `position` is for whoever fills it.

    `touched_<table>` is for the ids of the entries that are spoken of, if they are not all.
    """
    for statement in (
        """
        CREATE TEMPORARY TABLE {staged} ON COMMIT DROP AS
            SELECT 0::bigint AS position, {columns} FROM {table} WITH NO DATA
        """,
        "CREATE TEMPORARY TABLE {touched} (id text NOT NULL) ON COMMIT DROP",
        "CREATE TEMPORARY TABLE {gone} (place tid NOT NULL) ON COMMIT DROP",
    ):
        conn.execute(on(table, statement))


def compare(conn: Connection, table: Table, source: str, *, full: bool) -> bool:
    """Find the rows to end, and leave only those to add staged; False if there are none of both.

    If `full`, the source says nothing but what is staged. Otherwise that is all of the entries in
    `touched_<table>`, and nothing of any other.
    """
    conn.execute(on(table, "ANALYZE {staged}, {touched}"))
    if not (full and _is_new(conn, table, source)):
        _find_gone(conn, table, source, full=full)
        known = """
            DELETE FROM {staged} s
             USING {table} t
             WHERE t.source = %(source)s AND t.until IS NULL AND {same}
            """
        conn.execute(on(table, known), {"source": source})
    row = conn.execute(
        on(table, "SELECT EXISTS (SELECT FROM {staged}) OR EXISTS (SELECT FROM {gone})")
    ).fetchone()
    return row is not None and row[0]


def record(conn: Connection, table: Table, source: str, version: int) -> Change:
    """Make what `compare` found the difference between this version and the one before."""
    ended = conn.execute(
        on(
            table,
            "UPDATE {table} t SET until = %(version)s FROM {gone} g WHERE t.ctid = g.place",
        ),
        {"version": version},
    ).rowcount
    added = conn.execute(
        on(
            table,
            """
            INSERT INTO {table} (source, {columns}, since)
            SELECT %(source)s, {columns}, %(version)s
              FROM {staged}
             ORDER BY {order}
            """,
        ),
        {"source": source, "version": version},
    ).rowcount
    return Change(added, ended)


def clear(conn: Connection, table: Table) -> None:
    """So that the same transaction can bring in something else."""
    conn.execute(on(table, "DROP TABLE {staged}, {touched}, {gone}"))


def _find_gone(conn: Connection, table: Table, source: str, *, full: bool) -> None:
    if full:
        gone = """
            INSERT INTO {gone} (place)
            SELECT t.ctid
              FROM {table} t
             WHERE t.source = %(source)s AND t.until IS NULL
               AND NOT EXISTS (SELECT FROM {staged} s WHERE {same})
            """
    else:
        gone = """
            INSERT INTO {gone} (place)
            SELECT t.ctid
              FROM (SELECT DISTINCT id FROM {touched}) e JOIN {table} t ON t.{entry} = e.id
             WHERE t.source = %(source)s AND t.until IS NULL
               AND NOT EXISTS (SELECT FROM {staged} s WHERE {same})
            """
    conn.execute(on(table, gone), {"source": source})


def _is_new(conn: Connection, table: Table, source: str) -> bool:
    row = conn.execute(
        on(
            table,
            """
            SELECT NOT EXISTS (SELECT FROM {table} WHERE source = %(source)s AND until IS NULL)
            """,
        ),
        {"source": source},
    ).fetchone()
    return row is not None and row[0]
