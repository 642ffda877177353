"""`lotse directory`: bring in who is responsible for what, version by version."""

import sys
from pathlib import Path

import click

from infra.commands.connection import operator_connection
from infra.commands.directory_errors import errors_told
from infra.commands.directory_lines import import_lines, no_units_line, unit_line
from infra.commands.directory_versions import COMMANDS, activate_option, much_ends_option
from infra.commands.progress import ProgressLine
from infra.directory.findings import findings
from infra.directory.importing import import_files
from infra.directory.listing import ListedUnit
from infra.directory.listing import units as units_of
from infra.directory.versions import VersionError, active_version, newest_version, require
from infra.directory.xzufi import RESPONSIBLE_ROLES
from shared.adapters.postgres.pool import Connection


@click.group()
def directory() -> None:
    """Who is responsible for what and where: import feeds and tables, choose the version."""


for _command in COMMANDS:
    directory.add_command(_command)


@directory.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--source", help="Whose entries these are; else xzufi, or a table's file name.")
@click.option("--full", is_flag=True, help="What the files do not say is not so any more.")
@activate_option
@much_ends_option
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="CODE",
    help=f"XZuFi roles that decide; else {', '.join(sorted(RESPONSIBLE_ROLES))}.",
)
def import_(
    files: tuple[Path, ...],
    source: str | None,
    full: bool,
    activate: bool,
    much_ends: bool,
    roles: tuple[str, ...],
) -> None:
    """Bring in XZuFi messages (XML) or tables (CSV), also .gz, as one new version.

    XZuFi messages say what changed, unless --full. A table always says all of its source.
    """
    progress = ProgressLine(sys.stderr)
    with operator_connection() as conn, errors_told():
        try:
            done = import_files(
                conn,
                files,
                source=source,
                full=full,
                activate=activate,
                much_ends=much_ends,
                responsible_roles=roles or RESPONSIBLE_ROLES,
                progress=progress,
            )
        finally:
            progress.end()
        found = list(findings(conn, done.version if done.new else None))
        active = active_version(conn)
    for line in import_lines(done, found, active):
        click.echo(line)


@directory.command()
@click.argument("text", required=False, default="")
@click.option("--version", type=int, help="Another one than the active (or the newest).")
def units(text: str, version: int | None) -> None:
    """List units whose id or name contains TEXT, and whose they are.

    The id is what belongs into authorities.toml.
    """
    wanted = text.casefold()
    with operator_connection() as conn, errors_told():
        chosen = _chosen(conn, version)
        found = [unit for unit in units_of(conn, chosen) if _is_like(unit, wanted)]
        active, newest = active_version(conn), newest_version(conn)
    for unit in found:
        click.echo(unit_line(unit))
    if not found:
        click.echo(no_units_line(chosen, active, newest))


def _is_like(unit: ListedUnit, wanted: str) -> bool:
    return wanted in unit.id.casefold() or wanted in unit.name.casefold()


def _chosen(conn: Connection, version: int | None) -> int:
    if version is not None:
        return require(conn, version).id
    found = active_version(conn) or newest_version(conn)
    if found is None:
        raise VersionError("there is no version yet: lotse directory import FILE")
    return found
