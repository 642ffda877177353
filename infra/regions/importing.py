"""Bring lists of regions and postcodes in: all of them or none, as one new version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.directory.history import Change, take_turn
from infra.directory.versions import activate as activate_version
from infra.directory.versions import inactive_newest, newest_version, note_counts
from infra.regions import stored
from infra.regions.changes import read_changes
from infra.regions.content import Lists, renewed
from infra.regions.entries import Change as ChangeOfKey
from infra.regions.entries import Region
from infra.regions.guard import refuse_missing_states
from infra.regions.gv100ad import is_gv100ad, read_gv100ad
from infra.regions.postcodes import PostcodeList, is_postcode_list, read_postcodes
from infra.regions.text import read_text
from shared.adapters.postgres.pool import Connection

_EXPECTED = (
    "neither the municipality directory GV100AD nor a list of postcodes (a header with `postcode` "
    "or `plz` and one of `ars`, `ags`, `place` or `ort`, or GeoNames' table of 12 columns)"
)


@dataclass(frozen=True)
class Imported:
    """`version` is the newest one now; `new` if it came by this import. `changes` are of rows.

    `inactive_base` is the version before, if it was not active.
    """

    version: int | None
    new: bool
    changes: dict[str, Change]
    report: Report
    inactive_base: int | None


def import_files(
    conn: Connection,
    paths: Sequence[Path],
    changes: Path | None = None,
    *,
    activate: bool = False,
    much_ends: bool = False,
) -> Imported:
    """Raise DirectoryFileError, and change nothing, if one of the files cannot be used.

    Nor if much would end by them, and nobody said that `much_ends`.
    """
    report = Report()
    lists = _read(paths, changes, report)
    with conn.transaction():
        take_turn(conn)
        inactive_base = inactive_newest(conn)
        base = stored.newest(conn)
        if not base.regions and not lists.directory:
            raise DirectoryFileError(
                "no municipality is known yet: import the municipality directory GV100AD first, or "
                "together with these"
            )
        content = renewed(base, lists, report)
        if not much_ends:
            refuse_missing_states(base.regions, content.regions, content.successors)
        name = _name(lists, paths if changes is None else [*paths, changes])
        version, made = stored.write(conn, content, name, much_ends=much_ends)
        if version is not None:
            note_counts(conn, version, made, dict(report.skipped))
        newest = newest_version(conn)
        if activate and newest is not None:
            activate_version(conn, newest)
    return Imported(newest, version is not None, made, report, inactive_base)


def _read(paths: Iterable[Path], changes: Path | None, report: Report) -> Lists:
    directory: tuple[Region, ...] = ()
    postcodes: list[PostcodeList] = []
    for path in paths:
        with path.open("rb") as stream:
            read = _named(path, stream, report)
        if isinstance(read, PostcodeList):
            postcodes.append(read)
        elif directory:
            raise DirectoryFileError(f"{path.name} is a second municipality directory: give one")
        else:
            directory = read
    return Lists(directory, _read_changes(changes, report), tuple(postcodes))


def _named(path: Path, stream: BinaryIO, report: Report) -> tuple[Region, ...] | PostcodeList:
    try:
        return _recognised(stream, report)
    except DirectoryFileError as exc:
        raise DirectoryFileError(f"{path.name}: {exc}") from None


def _recognised(stream: BinaryIO, report: Report) -> tuple[Region, ...] | PostcodeList:
    text = read_text(stream)
    stream.seek(0)
    if is_gv100ad(text):
        return tuple(read_gv100ad(stream, report))
    if is_postcode_list(text):
        return read_postcodes(stream, report)
    raise DirectoryFileError(_EXPECTED)


def _read_changes(path: Path | None, report: Report) -> tuple[ChangeOfKey, ...]:
    if path is None:
        return ()
    with path.open("rb") as stream:
        try:
            return tuple(read_changes(stream, report))
        except DirectoryFileError as exc:
            raise DirectoryFileError(f"{path.name}: {exc}") from None


def _name(lists: Lists, paths: Sequence[Path]) -> str:
    said = [path.name for path in paths]
    if lists.directory:
        edition = max(region.as_of for region in lists.directory)
        said.insert(0, f"municipalities of {edition}")
    return f"{stored.SOURCE}: {', '.join(said)}"
