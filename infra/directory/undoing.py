"""Versions that take back what others brought in: without touching those, as a new one."""

from collections.abc import Callable
from typing import NamedTuple

from infra.directory.differences import differences
from infra.directory.history import Change, favour_many, favour_nothing, take_turn
from infra.directory.sources import sources
from infra.directory.tables import TABLES, Table, on
from infra.directory.versions import (
    VersionError,
    add_version,
    inactive_newest,
    newest_version,
    note_counts,
    require,
)
from infra.directory.versions import activate as activate_version
from shared.adapters.postgres.pool import Connection


class Undone(NamedTuple):
    """`version` is the new one; `inactive_base` the one before, if that was not active."""

    version: int
    changes: dict[str, Change]
    inactive_base: int | None


def revert(conn: Connection, version: int, *, activate: bool = False) -> Undone:
    """Add a version that says what this one said. Raise VersionError if the newest one does."""
    take_turn(conn)
    said = require(conn, version)
    newest = newest_version(conn)
    if newest is None or not differences(conn, newest, version, most=1):
        raise VersionError(f"the newest version, {newest}, says what version {version} said")

    def to_version(table: Table, new: int) -> Change:
        return _revert(conn, table, version, new)

    name = f"as version {version}: {said.name}"
    return _add(conn, name, said.source, to_version, activate=activate)


def drop(conn: Connection, source: str, *, activate: bool = False) -> Undone:
    """Add a version without any row of the source. Raise VersionError if there is none of it."""
    take_turn(conn)
    known = sources(conn)
    if source not in known:
        listed = ", ".join(known) or "none yet"
        raise VersionError(
            f"the newest version has nothing of a source {source}; its sources are: {listed}"
        )

    def without_source(table: Table, new: int) -> Change:
        return _end(conn, table, source, new)

    return _add(conn, f"without {source}", source, without_source, activate=activate)


def _add(
    conn: Connection,
    name: str,
    source: str,
    change: Callable[[Table, int], Change],
    *,
    activate: bool,
) -> Undone:
    with conn.transaction():
        favour_many(conn)
        base = inactive_newest(conn)
        new = add_version(conn, name, source)
        made = {table.name: change(table, new) for table in TABLES}
        changes = {name: change for name, change in made.items() if any(change)}
        note_counts(conn, new, changes, {})
        if activate:
            activate_version(conn, new)
        favour_nothing(conn)
    return Undone(new, changes, base)


def _revert(conn: Connection, table: Table, version: int, new: int) -> Change:
    """One statement, so that what it ends and what it adds are told by the same rows.

    Rows that have come since end, unless they say what one that has ended since said.
    """
    row = conn.execute(
        on(
            table,
            """
            WITH missing AS (
                SELECT source, {columns}
                  FROM {table} t
                 WHERE since <= %(version)s AND until > %(version)s
                   AND NOT EXISTS (SELECT FROM {table} s
                                    WHERE s.since > %(version)s AND s.until IS NULL
                                      AND s.source = t.source AND {same})
            ), ended AS (
                UPDATE {table} t
                   SET until = %(new)s
                 WHERE since > %(version)s AND until IS NULL
                   AND NOT EXISTS (SELECT FROM {table} s
                                    WHERE s.since <= %(version)s AND s.until > %(version)s
                                      AND s.source = t.source AND {same})
             RETURNING 1
            ), added AS (
                INSERT INTO {table} (source, {columns}, since)
                SELECT source, {columns}, %(new)s
                  FROM missing
                 ORDER BY {order}
             RETURNING 1
            )
            SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM ended)
            """,
        ),
        {"version": version, "new": new},
    ).fetchone()
    assert row is not None  # noqa: S101 - counts give their row
    return Change(*row)


def _end(conn: Connection, table: Table, source: str, new: int) -> Change:
    ended = conn.execute(
        on(
            table,
            """
            UPDATE {table} SET until = %(new)s WHERE source = %(source)s AND until IS NULL
            """,
        ),
        {"source": source, "new": new},
    ).rowcount
    return Change(0, ended)
