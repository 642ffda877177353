"""`lotse up`: start everything on this machine."""

import sys
from pathlib import Path

import click

from infra.local.runtime import state_directory


@click.command()
@click.option("--demo", is_flag=True, help="End when every demo application is through.")
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="Folder of the data.  [default: LOTSE_STATE or .lotse]",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="Where form servers deliver.",
)
def up(*, demo: bool, state: Path | None, port: int) -> None:
    """Start it all here, show the demo applications' way, stay up.

    PostgreSQL, S3 and LDAP are embedded stand-ins unless DATABASE_URL, S3_ENDPOINT_URL or LDAP_URL
    name servers of your own.
    """
    # Here, because the servers' libraries take a while to load and other commands need none.
    from infra.local.up import run

    sys.exit(run(state or state_directory(), port, only_demo=demo))
