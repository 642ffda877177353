"""Bring files in as a new version of the directory: all that they say, or nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psycopg

from infra.directory.entries import Entry, Report
from infra.directory.errors import DirectoryFileError
from infra.directory.files import FileKind, entries, kind_of_all, opened, source_of_all
from infra.directory.guard import refuse_much_ending
from infra.directory.history import (
    Change,
    compare,
    favour_few,
    favour_many,
    favour_nothing,
    record,
    take_turn,
)
from infra.directory.progress import Progress, Silent
from infra.directory.settling import clear_all, settle
from infra.directory.sources import sources_beside
from infra.directory.staging import ENTRY_TABLES, Staging
from infra.directory.tables import Table
from infra.directory.versions import activate as activate_version
from infra.directory.versions import add_version, inactive_newest, newest_version, note_counts
from infra.directory.xzufi import RESPONSIBLE_ROLES
from shared.adapters.postgres.pool import Connection

_TOLD_EVERY = 2_000  # entries
_NAMED_FILES = 3
_FEW = 50_000  # entries of a delta, beyond which reading the tables is faster than stepping


class Origin(NamedTuple):
    """`name` is what the version is called. `full`: the source says nothing else."""

    name: str
    source: str
    full: bool


@dataclass(frozen=True)
class Imported:
    """`version` is the newest one now (None if there is none); `new` if it came by this import.

    `inactive_base` is the version before, if it was not active. `other_sources` were there
    already when the origin's was new.
    """

    version: int | None
    new: bool
    origin: Origin
    changes: dict[str, Change]
    report: Report
    inactive_base: int | None = None
    other_sources: tuple[str, ...] = ()


def import_files(
    conn: Connection,
    paths: Sequence[Path],
    *,
    source: str | None = None,
    full: bool = False,
    activate: bool = False,
    much_ends: bool = False,
    responsible_roles: Collection[str] = RESPONSIBLE_ROLES,
    progress: Progress | None = None,
) -> Imported:
    """Tables (CSV) are always full: they cannot say what is deleted.

    Raise DirectoryFileError, and change nothing, if a file cannot be used, or ends much of what
    its source has said and nobody said that `much_ends`.
    """
    said = progress or Silent()
    kind = kind_of_all(paths)
    source = source or source_of_all(paths, kind)
    full = full or kind is FileKind.CSV
    report = Report()
    origin = Origin(_name(source, paths, full=full), source, full)
    read = _read(paths, report, responsible_roles, said)
    return bring_in(
        conn, read, origin, report, activate=activate, much_ends=much_ends, progress=said
    )


def bring_in(
    conn: Connection,
    given: Iterable[Entry],
    origin: Origin,
    report: Report,
    *,
    activate: bool = False,
    much_ends: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """In one transaction, one import at a time. What `given` raises, it lets pass."""
    said = progress or Silent()
    with conn.transaction():
        favour_many(conn)
        take_turn(conn)
        base = inactive_newest(conn)
        beside = tuple(sources_beside(conn, origin.source))
        try:
            _stage(conn, given, full=origin.full)
            said.phase("comparing with the newest version")
            changed = _compare(conn, origin, report)
            if not much_ends:
                refuse_much_ending(conn, changed, origin.source)
            said.phase("storing the differences")
            changes = _record(conn, changed, origin, report)
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as exc:
            raise DirectoryFileError(
                "the database does not take what is said: an id of thousands of characters, or a "
                f"character that no text may hold (SQLSTATE {exc.sqlstate or 'none'})"
            ) from None
        version = newest_version(conn)
        if activate and version is not None:
            activate_version(conn, version)
        clear_all(conn)
        favour_nothing(conn)
    return Imported(version, bool(changes), origin, changes, report, base, beside)


def _read(
    paths: Sequence[Path], report: Report, roles: Collection[str], progress: Progress
) -> Iterator[Entry]:
    count = 0
    for path in paths:
        with opened(path) as file:
            for entry in entries(file, report, roles):
                yield entry
                count += 1
                if count % _TOLD_EVERY == 0:
                    progress.read(path.name, count, file.raw.tell() / file.size)
        progress.read(path.name, count, 1.0)


def _stage(conn: Connection, given: Iterable[Entry], *, full: bool) -> None:
    staging = Staging(conn)
    for entry in given:
        staging.add(entry)
    staging.finish()
    if full and not staging.written:
        raise DirectoryFileError(
            "nothing is written in it, and taken as all that there is it would end everything"
        )
    if not full and staging.entries < _FEW:
        favour_few(conn, ENTRY_TABLES.values())


def _compare(conn: Connection, origin: Origin, report: Report) -> list[Table]:
    settle(conn, origin.source, report, full=origin.full)
    tables = ENTRY_TABLES.values()
    return [table for table in tables if compare(conn, table, origin.source, full=origin.full)]


def _record(
    conn: Connection, changed: list[Table], origin: Origin, report: Report
) -> dict[str, Change]:
    if not changed:
        return {}
    version = add_version(conn, origin.name, origin.source)
    changes = {table.name: record(conn, table, origin.source, version) for table in changed}
    note_counts(conn, version, changes, dict(report.skipped))
    return changes


def _name(source: str, paths: Sequence[Path], *, full: bool) -> str:
    files = ", ".join(path.name for path in paths[:_NAMED_FILES])
    more = f" and {len(paths) - _NAMED_FILES} more" if len(paths) > _NAMED_FILES else ""
    return f"{source}: {files}{more} ({'full' if full else 'delta'})"
