"""The directory's versions: table `directory_versions`."""

import json
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from infra.directory.history import Change, take_turn
from infra.directory.tables import TABLES, on
from shared.adapters.postgres.pool import Connection


class VersionError(Exception):
    """It cannot be done with this version; the text says why, and what can."""


class Version(NamedTuple):
    """`counts` is what an import changed: per table the rows added and ended; and what it skipped.

    None for one that was loaded as a whole, before there were differences.
    """

    id: int
    name: str
    source: str
    active: bool
    loaded_at: datetime
    activated_at: datetime | None
    counts: dict[str, dict[str, int]] | None


def versions(conn: Connection) -> list[Version]:
    """The newest first."""
    with conn.cursor(row_factory=class_row(Version)) as cur:
        cur.execute(
            """
            SELECT id, name, source, active, loaded_at, activated_at, counts
              FROM directory_versions
             ORDER BY id DESC
            """
        )
        return cur.fetchall()


def newest_version(conn: Connection) -> int | None:
    row = conn.execute("SELECT max(id) FROM directory_versions").fetchone()
    return row and row[0]


def active_version(conn: Connection) -> int | None:
    row = conn.execute("SELECT id FROM directory_versions WHERE active").fetchone()
    return row and row[0]


def inactive_newest(conn: Connection) -> int | None:
    """The newest version, which the next one will be based on, if another one or none is active."""
    newest = newest_version(conn)
    return None if newest == active_version(conn) else newest


def between(conn: Connection, one: int | None, other: int) -> list[Version]:
    """Both left out, the oldest first; from the first version on if one is None."""
    low, high = sorted((one or 0, other))
    return [version for version in reversed(versions(conn)) if low < version.id < high]


def require(conn: Connection, version: int) -> Version:
    """Raise VersionError if there is none."""
    known = {each.id: each for each in versions(conn)}
    if version not in known:
        listed = ", ".join(map(_told, known.values())) or "none yet"
        raise VersionError(f"there is no version {version}; there are: {listed}")
    return known[version]


def _told(version: Version) -> str:
    return f"{version.id} (active)" if version.active else str(version.id)


def add_version(conn: Connection, name: str, source: str) -> int:
    row = conn.execute(
        """
        INSERT INTO directory_versions (name, source) VALUES (%(name)s, %(source)s) RETURNING id
        """,
        {"name": name, "source": source},
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives its row
    version: int = row[0]
    return version


def note_counts(
    conn: Connection, version: int, changes: dict[str, Change], skipped: dict[str, int]
) -> None:
    counts = {table: change._asdict() for table, change in changes.items()}
    conn.execute(
        "UPDATE directory_versions SET counts = %(counts)s WHERE id = %(id)s",
        {"id": version, "counts": json.dumps(counts | {"skipped": skipped})},
    )


def activate(conn: Connection, version: int) -> int | None:
    """Decide by this version from now on; return the one until now. Raise VersionError.

    An import that is under way is not waited for.
    """
    _hold(conn)
    require(conn, version)
    before = active_version(conn)
    if before != version:
        conn.execute("UPDATE directory_versions SET active = false WHERE active")
        conn.execute(
            "UPDATE directory_versions SET active = true, activated_at = now() WHERE id = %(id)s",
            {"id": version},
        )
    return before


def _hold(conn: Connection) -> None:
    """Which version is active stays as it is until the transaction ends."""
    conn.execute("SELECT FROM directory_versions ORDER BY id FOR NO KEY UPDATE")


def discard(conn: Connection, version: int) -> None:
    """As if it had never been brought in. Raise VersionError if anything rests on it."""
    take_turn(conn)
    _hold(conn)
    found = require(conn, version)
    if version != newest_version(conn):
        raise VersionError(
            f"version {version} is not the newest, and later ones are based on it; "
            "activate an earlier one instead"
        )
    if found.activated_at is not None:
        raise VersionError(
            f"version {version} has been active, and cases may refer to it; "
            "activate another one instead"
        )
    decided = "SELECT count(*) FROM routings WHERE directory_version = %(id)s"
    row = conn.execute(decided, {"id": version}).fetchone()
    if row is not None and row[0]:
        raise VersionError(f"version {version} has decided {row[0]} cases; it stays")
    for table in TABLES:
        conn.execute(on(table, "DELETE FROM {table} WHERE since = %(id)s"), {"id": version})
        reopened = "UPDATE {table} SET until = NULL WHERE until = %(id)s"
        conn.execute(on(table, reopened), {"id": version})
    conn.execute("DELETE FROM directory_versions WHERE id = %(id)s", {"id": version})
