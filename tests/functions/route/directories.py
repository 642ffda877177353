"""Directories for the tests: brought in from entries, and read back by version."""

from collections.abc import Iterable
from typing import Any

from infra.directory.entries import Entry, Report, Responsibility, Service, Unit
from infra.directory.importing import Imported, Origin, bring_in
from shared.adapters.postgres.pool import Connection

TRADE = Unit("trade@fd/oe", "trade", "Gewerbeamt")
TOWN = Unit("town@fd/oe", "town", "Bürgerbüro")
REGISTRATION = Service("s1", "Gewerbeanmeldung", ("99050012104000",))
PERMIT = Service("s2", "Baugenehmigung", ("99012008001000",))


def held(
    id_: str = "r1",
    *,
    service: str = "s1",
    regions: tuple[str, ...] = ("01999",),
    unit: str = TRADE.id,
    role: str = "responsible",
    container: str | None = None,
    continues: bool = False,
) -> Responsibility:
    return Responsibility(
        id_, service, regions, unit, role, container=container, continues=continues
    )


def delta(conn: Connection, *entries: Entry, source: str = "xzufi") -> Imported:
    return imported(conn, entries, Origin("a delta", source, full=False))


def full(conn: Connection, *entries: Entry, source: str = "xzufi") -> Imported:
    return imported(conn, entries, Origin("a full one", source, full=True))


def imported(
    conn: Connection,
    entries: Iterable[Entry],
    origin: Origin,
    *,
    activate: bool = False,
    much_ends: bool = False,
) -> Imported:
    return bring_in(conn, entries, origin, Report(), activate=activate, much_ends=much_ends)


def responsibilities(conn: Connection, version: int | None = None) -> list[tuple[Any, ...]]:
    """(id, service, region, unit) as this version says, or the newest."""
    return _of_version(
        conn,
        version,
        """
        SELECT id, service, region, unit
          FROM responsibilities
         WHERE since <= %(version)s AND (until IS NULL OR until > %(version)s)
         ORDER BY id, service, region
        """,
    )


def units(conn: Connection, version: int | None = None) -> list[tuple[Any, ...]]:
    return _of_version(
        conn,
        version,
        """
        SELECT id, name
          FROM organizational_units
         WHERE since <= %(version)s AND (until IS NULL OR until > %(version)s)
         ORDER BY id, name
        """,
    )


def _of_version(conn: Connection, version: int | None, query: str) -> list[tuple[Any, ...]]:
    newest = conn.execute("SELECT max(id) FROM directory_versions").fetchone()
    return conn.execute(query, {"version": version or (newest and newest[0])}).fetchall()
