"""What `lotse directory` prints of imports, versions and units."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from infra.directory.history import Change
from infra.directory.importing import Imported
from infra.directory.listing import ListedUnit
from infra.directory.versions import Version

SHOWN = 20


def import_lines(done: Imported, found: list[str], active: int | None) -> Iterator[str]:
    if done.new and done.other_sources:
        yield _new_source_line(done, active)
    yield from done.report.lines()
    scope = "all that there is" if done.origin.full else "only what changed"
    yield f"source {done.origin.source}, taken as {scope}"
    yield from change_lines(done.changes)
    for line in found:
        yield f"note: {line}"
    if done.new:
        yield new_version_line(done.version, done.inactive_base, active)
    else:
        yield unchanged_line(done.version, active)


def _new_source_line(done: Imported, active: int | None) -> str:
    source, others = done.origin.source, ", ".join(done.other_sources)
    undo = f"drop {source}" if done.version == active else f"discard {done.version}"
    return (
        f"source {source} is new; sources so far: {others}. If it is one of them under another "
        f"name: lotse directory {undo}, then import it with --source NAME"
    )


def change_lines(changes: Mapping[str, Change]) -> Iterator[str]:
    for table, change in changes.items():
        yield f"{words(table)}: {change.added:,} added, {change.ended:,} ended"


def new_version_line(version: int | None, inactive_base: int | None, active: int | None) -> str:
    based = ""
    if inactive_base is not None:
        is_not = "was not active and comes along" if version == active else "is not active"
        based = f", based on version {inactive_base}, which {is_not}"
    if version == active:
        return f"version {version} is new{based}; version {version} is active"
    return (
        f"version {version} is new{based}; version {version} is not active. Next:\n"
        f"  lotse route replay --against {version}\n"
        f"  lotse directory activate {version}"
    )


def unchanged_line(version: int | None, active: int | None) -> str:
    if version is None:
        return "nothing changed, so there is no new version"
    is_active = "is active" if version == active else "is not active"
    return (
        f"nothing changed, so there is no new version; the newest is {version}, which {is_active}"
    )


def left_or_brought_lines(others: Sequence[Version], *, forward: bool) -> Iterator[str]:
    what = "comes along" if forward else "is left, too"
    for version in others[:SHOWN]:
        yield f"{what}: {version.id}  {version.name}"
    if len(others) > SHOWN:
        yield f"and {len(others) - SHOWN:,} more (lotse directory versions)"


def version_line(version: Version) -> str:
    said = [f"loaded {_day(version.loaded_at)}"]
    if version.activated_at:
        said.append(f"activated {_day(version.activated_at)}")
    for table, change in (version.counts or {}).items():
        if table != "skipped":
            said.append(f"{words(table)} +{change['added']:,} -{change['ended']:,}")
    skipped = sum((version.counts or {}).get("skipped", {}).values())
    if skipped:
        said.append(f"{skipped:,} skipped")
    return f"{'*' if version.active else ' '} {version.id}  {version.name}  {', '.join(said)}"


def unit_line(unit: ListedUnit) -> str:
    parent = f", below {unit.parent}" if unit.parent else ""
    if not unit.authorities:
        whose = "nobody has declared it"
    else:
        how = "declared by" if unit.declared else "belongs to"
        whose = f"{how} {', '.join(unit.authorities)}"
    return f"{unit.id}  {unit.name}{parent}  ({whose})"


def no_units_line(version: int, active: int | None, newest: int | None) -> str:
    """`version` is the one that was asked."""
    none = f"none in version {version} ({'active' if version == active else 'not active'})"
    if newest is None or newest <= version:
        return none
    return f"{none}; version {newest} is newer, ask with --version {newest}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def words(table: str) -> str:
    return table.replace("_", " ")
