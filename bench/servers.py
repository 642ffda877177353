"""Postgres, S3 and LDAP as `lotse up` starts them, and each function's environment beside them."""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.local.backing import OwnDirectory, OwnPostgres, OwnS3
from infra.local.demonstration import bring_in
from infra.local.manifests import render
from infra.local.pipeline import Options, Servers, pipeline, referred_names
from infra.local.ports import HOST, free_port
from infra.local.supervisor import Part, Supervisor
from infra.migrations import migrate


@dataclass(frozen=True)
class Environment:
    """`functions` has each function's environment variables, as its manifest says."""

    functions: Mapping[str, Mapping[str, str]]
    database: OwnPostgres

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """As the owner, who sees every row."""
        with psycopg.connect(self.database.owner_url()) as conn:
            yield conn


@contextmanager
def database(state: Path) -> Iterator[OwnPostgres]:
    """Migrated, and nothing beside it."""
    with Supervisor(state) as supervisor:
        postgres = OwnPostgres(state)
        postgres.start(supervisor)
        migrate(postgres.owner_url())
        yield postgres


@contextmanager
def running(state: Path) -> Iterator[Environment]:
    with Supervisor(state) as supervisor:
        database = OwnPostgres(state)
        servers = Servers(database, OwnS3(state, None), OwnDirectory(state))
        for server in (servers.database, servers.object_store, servers.directory):
            server.start(supervisor)
        migrate(database.owner_url())
        with psycopg.connect(database.url("lotse_operator")) as conn:
            bring_in(conn)
        with psycopg.connect(database.url("lotse_operator")) as conn:
            referred = referred_names(conn)
        made = pipeline(state, free_port(), servers, Options(), render(), referred)
        sink = _sink(state)
        supervisor.start(sink)
        functions = {
            part.name: {
                **{name: value for name, value in part.env.items() if name != "PATH"},
                **({"K_SINK": sink.argv[-1]} if "K_SINK" in part.env else {}),
            }
            for part in made.parts
        }
        yield Environment(functions, database)


def _sink(state: Path) -> Part:
    port = free_port()

    def ready() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    return Part(
        name="sink",
        argv=[sys.executable, "-m", "bench.sink", f"http://{HOST}:{port}"],
        env={"PATH": os.environ["PATH"]},
        cwd=Path(__file__).parents[1],
        log=state / "log" / "sink.log",
        ready=ready,
    )
