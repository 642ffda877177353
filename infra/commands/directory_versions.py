"""Commands of `lotse directory` that choose, compare and take back versions."""

from collections.abc import Iterator

import click

from infra.commands.connection import operator_connection
from infra.commands.directory_errors import errors_told
from infra.commands.directory_lines import (
    SHOWN,
    change_lines,
    left_or_brought_lines,
    new_version_line,
    version_line,
    words,
)
from infra.directory.differences import differences
from infra.directory.undoing import Undone
from infra.directory.undoing import drop as drop_source
from infra.directory.undoing import revert as revert_to
from infra.directory.versions import activate as activate_version
from infra.directory.versions import active_version, between
from infra.directory.versions import discard as discard_version
from infra.directory.versions import versions as all_versions

version_argument = click.argument("version", type=int)
activate_option = click.option(
    "--activate", is_flag=True, help="Decide by the new version at once."
)
much_ends_option = click.option(
    "--much-ends",
    is_flag=True,
    help="Take it also if more than a fifth of what its source has said would end by it.",
)


@click.command()
def versions() -> None:
    """List the versions, the newest first."""
    with operator_connection() as conn:
        known = all_versions(conn)
    for version in known:
        click.echo(version_line(version))
    if not known:
        click.echo("there is no version yet: lotse directory import FILE")


@click.command()
@version_argument
def activate(version: int) -> None:
    """Decide by this version from now on; cases keep the version that decided them.

    A version is based on the one before: what lies in between comes along, or is left.
    """
    with operator_connection() as conn, errors_told():
        before = activate_version(conn, version)
        others = between(conn, before, version)
    if before == version:
        click.echo(f"version {version} is active already")
        return
    click.echo(f"active: {before or 'none'} -> {version}")
    for line in left_or_brought_lines(others, forward=(before or 0) < version):
        click.echo(line)


@click.command()
@click.argument("before", type=int, metavar="FROM")
@click.argument("after", type=int, metavar="TO")
@click.option("--all", "everything", is_flag=True, help="Show every row, not the first of each.")
def diff(before: int, after: int, everything: bool) -> None:
    """Show what TO says and FROM does not (+), and the reverse (-).

    Of what differs in contact data alone, that it does (~).
    """
    with operator_connection() as conn, errors_told():
        found = differences(conn, before, after, None if everything else SHOWN)
    for each in found:
        click.echo(f"{words(each.table.name)}: {each.added:,} added, {each.ended:,} ended")
        for line in each.lines():
            click.echo(f"  {line}")
        hidden = each.added + each.ended - len(each.added_rows) - len(each.ended_rows)
        if hidden:
            click.echo(f"  and {hidden:,} more (--all)")
    if not found:
        click.echo(f"versions {before} and {after} say the same")


@click.command()
@version_argument
def discard(version: int) -> None:
    """Take the newest version back, if it was never active."""
    with operator_connection() as conn, errors_told():
        discard_version(conn, version)
    click.echo(f"version {version} is gone; what it ended counts again")


@click.command()
@version_argument
@activate_option
def revert(version: int, activate: bool) -> None:
    """Add a version that says what VERSION said: later imports build on that again."""
    with operator_connection() as conn, errors_told():
        done = revert_to(conn, version, activate=activate)
        active = active_version(conn)
    for line in _undone_lines(done, active):
        click.echo(line)


@click.command()
@click.argument("source")
@activate_option
def drop(source: str, activate: bool) -> None:
    """Add a version without anything that SOURCE has said."""
    with operator_connection() as conn, errors_told():
        done = drop_source(conn, source, activate=activate)
        active = active_version(conn)
    for line in _undone_lines(done, active):
        click.echo(line)


def _undone_lines(done: Undone, active: int | None) -> Iterator[str]:
    yield from change_lines(done.changes)
    yield new_version_line(done.version, done.inactive_base, active)


COMMANDS: tuple[click.Command, ...] = (versions, activate, diff, discard, revert, drop)
