"""What staged entries come to in the end: later ones win, and a unit's content goes with it."""

from infra.directory.entries import EXAMPLES, EntryKind, Report
from infra.directory.history import clear
from infra.directory.staging import ENTRY_TABLES
from infra.directory.tables import Table, on
from shared.adapters.postgres.pool import Connection

ABSENT = "deletion of what was not there"


def settle(conn: Connection, source: str, report: Report, *, full: bool) -> None:
    conn.execute("CREATE INDEX ON deletions (id)")
    conn.execute("ANALYZE deletions")
    for kind, table in ENTRY_TABLES.items():
        conn.execute(on(table, "ANALYZE {staged}"))
        _report_absent(conn, kind, table, source, report)
        if not full:
            _touch(conn, kind, table)
    if not full:
        _touch_contained(conn, source)
    for kind, table in ENTRY_TABLES.items():
        _let_later_win(conn, kind, table)
    _drop_contained(conn)


def clear_all(conn: Connection) -> None:
    for table in ENTRY_TABLES.values():
        clear(conn, table)
    conn.execute("DROP TABLE deletions")


def _report_absent(
    conn: Connection, kind: EntryKind, table: Table, source: str, report: Report
) -> None:
    query = on(
        table,
        """
        SELECT d.id, count(*) OVER ()
          FROM deletions d
         WHERE d.kind = %(kind)s
           AND NOT EXISTS (SELECT FROM {table} t
                            WHERE t.id = d.id AND t.source = %(source)s AND t.until IS NULL)
           AND NOT EXISTS (SELECT FROM {staged} s WHERE s.id = d.id)
         ORDER BY d.position
         LIMIT %(examples)s
        """,
    )
    values = {"kind": kind.value, "source": source, "examples": EXAMPLES}
    found = conn.execute(query, values).fetchall()
    for id_, _ in found:
        report.skip(ABSENT, f"{kind.replace('_', ' ')} {id_}")
    if found:
        report.skipped[ABSENT] += found[0][1] - len(found)


def _touch(conn: Connection, kind: EntryKind, table: Table) -> None:
    query = """
        INSERT INTO {touched} (id)
        SELECT id FROM {staged}
         UNION
        SELECT id FROM deletions WHERE kind = %(kind)s
        """
    conn.execute(on(table, query), {"kind": kind.value})


def _touch_contained(conn: Connection, source: str) -> None:
    """Those that came with a unit are spoken of whenever their unit is."""
    conn.execute("ANALYZE touched_organizational_units")
    conn.execute(
        """
        INSERT INTO touched_responsibilities (id)
        SELECT DISTINCT r.id
          FROM responsibilities r JOIN touched_organizational_units u ON u.id = r.container
         WHERE r.source = %(source)s AND r.until IS NULL
        """,
        {"source": source},
    )


def _let_later_win(conn: Connection, kind: EntryKind, table: Table) -> None:
    conn.execute(
        on(
            table,
            """
            DELETE FROM {staged} s
             WHERE EXISTS (SELECT FROM {staged} later
                            WHERE later.id = s.id AND later.position > s.position)
            """,
        )
    )
    conn.execute(
        on(
            table,
            """
            DELETE FROM {staged} s
             USING deletions later
             WHERE later.kind = %(kind)s AND later.id = s.id AND later.position > s.position
            """,
        ),
        {"kind": kind.value},
    )


def _drop_contained(conn: Connection) -> None:
    """What came with a unit's earlier write is not in its later one, or is gone with it."""
    conn.execute(
        """
        DELETE FROM staged_responsibilities s
         USING staged_organizational_units later
         WHERE later.id = s.container AND later.position > s.position
        """
    )
    conn.execute(
        """
        DELETE FROM staged_responsibilities s
         USING deletions later
         WHERE later.kind = 'organizational_units'
           AND later.id = s.container AND later.position > s.position
        """
    )
