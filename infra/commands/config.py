"""`lotse config`: check the declared configuration, compare it with the database, bring it in."""

from pathlib import Path

import click

from infra.commands.connection import operator_connection
from infra.configuration.declared import Configuration, NotValid
from infra.configuration.difference import Change
from infra.configuration.load import load
from infra.configuration.store import apply as apply_to
from infra.configuration.store import difference

folder_argument = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def config() -> None:
    """Check, compare and bring in the declared configuration."""


@config.command()
@folder_argument
def check(folder: Path) -> None:
    """Tell all that is wrong with the files, without a database."""
    entries = valid(folder).entries
    kinds = {key.kind: 0 for key in entries}
    for key in entries:
        kinds[key.kind] += 1
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    click.echo(f"{folder} is valid: {counted}")


@config.command()
@folder_argument
def diff(folder: Path) -> None:
    """Show what `apply` would change."""
    declared = valid(folder)
    with operator_connection() as conn:
        show(difference(conn, declared), "nothing would change")


@config.command()
@folder_argument
def apply(folder: Path) -> None:
    """Make the database say what the files say, all of it or nothing."""
    declared = valid(folder)
    with operator_connection() as conn:
        made = apply_to(conn, declared)
    show(made, "nothing changed")


def valid(folder: Path) -> Configuration:
    try:
        return load(folder)
    except NotValid as exc:
        for problem in exc.problems:
            click.echo(str(problem), err=True)
        count = len(exc.problems)
        raise click.ClickException(
            f"{count} thing{'s' if count > 1 else ''} to mend; nothing was changed"
        ) from None


def show(changes: list[Change], nothing: str) -> None:
    for change in changes:
        click.echo("\n".join(change.lines()))
    if not changes:
        click.echo(nothing)
