"""`lotse regions`: municipalities and postcodes, and what a place stands for."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from infra.commands.connection import operator_connection
from infra.commands.directory_errors import errors_told
from infra.commands.directory_lines import change_lines, new_version_line, unchanged_line
from infra.commands.directory_versions import activate_option, much_ends_option
from infra.directory.versions import VersionError, active_version, newest_version, require
from infra.regions.finding import Found, Region, has_regions
from infra.regions.finding import find as find_in
from infra.regions.importing import Imported, import_files
from shared.adapters.postgres.pool import Connection

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def regions() -> None:
    """Municipalities, their keys and postcodes: import the public lists, look places up."""


@regions.command("import")
@click.argument("files", nargs=-1, type=_file)
@click.option("--changes", type=_file, help="What became of keys: former_key,ars[,from].")
@activate_option
@much_ends_option
def import_(files: tuple[Path, ...], changes: Path | None, activate: bool, much_ends: bool) -> None:
    """Bring in the municipality directory GV100AD and lists of postcodes, also .gz, together.

    What a list says replaces what the same kind of list has said before, and nothing else.
    """
    if not files and changes is None:
        raise click.UsageError("name the files to import, or --changes")
    with operator_connection() as conn, errors_told():
        done = import_files(conn, files, changes, activate=activate, much_ends=much_ends)
        active = active_version(conn)
    for line in _import_lines(done, active):
        click.echo(line)


@regions.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--version", type=int, help="Of the directory; else the active one.")
def find(text: tuple[str, ...], version: int | None) -> None:
    """Tell what a name, a postcode, both, or a key stands for."""
    said = " ".join(text)
    with operator_connection() as conn, errors_told():
        chosen = _chosen(conn, version)
        if not has_regions(conn, chosen):
            raise VersionError(
                f"no regions are imported in version {chosen}: lotse regions import FILE, "
                "or ask another one with --version"
            )
        found = find_in(conn, said, chosen, date.today())  # noqa: DTZ011 - the day where it runs
    click.echo(f"version {chosen}: {_verdict(found)}")
    for region in found.municipalities:
        click.echo("\n".join(_region_lines(region)))


def _chosen(conn: Connection, version: int | None) -> int:
    if version is not None:
        return require(conn, version).id
    active = active_version(conn)
    if active is not None:
        return active
    newest = newest_version(conn)
    if newest is None:
        raise VersionError("there is no version yet: lotse regions import FILE")
    raise VersionError(f"no version is active: lotse directory activate {newest}, or --version")


def _verdict(found: Found) -> str:
    areas = [f"{each.kind or 'area'} {each.name}" for each in found.areas if each.ags is None]
    how = found.location.how.replace("_", " ")
    if found.location.is_certain:
        return how
    candidates = ": candidates" if found.location.municipalities else ""
    return "; ".join([*areas, f"{how}{candidates}, people decide"])


def _region_lines(region: Region) -> Iterator[str]:
    ags = f", AGS {region.ags}" if region.ags else ""
    yield f"  {region.ars}  {region.name} ({region.kind or 'of unknown kind'}{ags})"
    if region.postcodes:
        yield f"    postcodes {', '.join(region.postcodes)}"
    if region.former_keys:
        yield f"    formerly {', '.join(region.former_keys)}"
    if region.valid_from or region.valid_to:
        yield f"    valid from {region.valid_from or '-'} to {region.valid_to or '-'}"


def _import_lines(done: Imported, active: int | None) -> Iterator[str]:
    yield from done.report.lines()
    yield from change_lines(done.changes)
    if done.new:
        yield new_version_line(done.version, done.inactive_base, active)
    else:
        yield unchanged_line(done.version, active)
