"""What goes wrong with the directory, as its commands tell it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from infra.directory.errors import DirectoryFileError
from infra.directory.versions import VersionError

_UNCHANGED = "nothing was changed"


@contextmanager
def errors_told() -> Iterator[None]:
    """Within the transaction: what is raised here takes it back."""
    try:
        yield
    except DirectoryFileError as exc:
        said = str(exc).rstrip(".")
        again = "" if _UNCHANGED in said.lower() else f"; {_UNCHANGED}"
        raise click.ClickException(f"{said}{again}") from None
    except VersionError as exc:
        raise click.ClickException(str(exc)) from None
    except KeyboardInterrupt:
        click.echo(f"Aborted, {_UNCHANGED}", err=True)
        raise click.exceptions.Exit(1) from None
