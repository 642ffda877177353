"""How the commands reach the database: as the operator's role, here or where DATABASE_URL says."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg

from infra.local.runtime import read_runtime, state_directory
from shared.adapters.postgres.pool import Connection


@contextmanager
def operator_connection() -> Iterator[Connection]:
    """One transaction: committed at the end, rolled back on any error."""
    url = os.environ.get("DATABASE_URL") or _of_the_running_installation()
    try:
        conn = psycopg.connect(url, connect_timeout=5)
    except psycopg.ProgrammingError:
        # Its text may quote a password.
        raise click.ClickException(
            "DATABASE_URL is not an address: postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        ) from None
    except psycopg.OperationalError as exc:
        raise click.ClickException(
            f"the database cannot be reached ({type(exc).__name__}); "
            "is the installation running, or DATABASE_URL right?"
        ) from None
    try:
        with conn:
            # Whoever logs in: no command may do more than an operator.
            conn.execute("SET LOCAL ROLE lotse_operator")
            yield conn
    except psycopg.Error as exc:
        # Its text may quote values of a case.
        raise click.ClickException(
            f"the database did not do it ({type(exc).__name__}, SQLSTATE {exc.sqlstate}); "
            "if it is older than this program, its schema has to be brought up first"
        ) from None


@contextmanager
def installation_environment() -> Iterator[None]:
    """What `env:NAME` in its configuration refers to, where the installation here knows it.

    What this command's own environment says counts before it.
    """
    runtime = None if os.environ.get("DATABASE_URL") else read_runtime(state_directory())
    known = runtime.environment if runtime is not None else {}
    added = {name: value for name, value in known.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _of_the_running_installation() -> str:
    runtime = read_runtime(state_directory())
    if runtime is None:
        raise click.ClickException(
            "nothing is running here. Start it with `lotse up`, name its folder in LOTSE_STATE, "
            "or set DATABASE_URL to the database of an installation."
        )
    return runtime.operator_database_url
