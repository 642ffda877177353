"""Who migrates is a plain owner with CREATEROLE: no superuser, and no one who sees cases."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from functions.route.reroute import reroute
from infra.local.errors import MigrationFailed
from infra.local.ports import free_port
from infra.local.postgres import EmbeddedPostgres
from infra.local.supervisor import Supervisor
from infra.migrations import MIGRATIONS, dbmate, environment, migrate
from shared.domain.actor import Actor
from tests.rerouting import NEIGHBOURS_OFFICE, in_postgres, stores_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """With an owner and a database of its own for each of two installations."""
    server = EmbeddedPostgres(tmp_path, free_port())
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(server.part())
        with psycopg.connect(server.url(database="postgres"), autocommit=True) as conn:
            for name in ("first", "second"):
                conn.execute(f"CREATE ROLE {name} LOGIN CREATEROLE NOINHERIT".encode())
                conn.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
        yield server


def test_the_owner_makes_the_function_that_re_routes_and_sees_no_case_by_it(
    server: EmbeddedPostgres,
) -> None:
    owner = server.url("first", "first")
    migrate(owner)

    with psycopg.connect(server.url(database="first")) as conn:
        case = in_postgres(conn).a_routed_case()
    with psycopg.connect(server.url("lotse_operator", "first")) as conn:
        event = reroute(case.id, NEIGHBOURS_OFFICE, "so", Actor.operator("o"), stores_of(conn))
    assert event.round == 2
    with psycopg.connect(owner) as conn:
        assert conn.execute("SELECT count(*) FROM cases").fetchone() == (0,)

    while can_re_route(owner):
        subprocess.run([*dbmate(MIGRATIONS)[:-1], "rollback"], env=environment(owner), check=True)
    migrate(owner)
    assert can_re_route(owner)


def can_re_route(url: str) -> bool:
    with psycopg.connect(url) as conn:
        found = conn.execute("SELECT FROM pg_proc WHERE proname = 'reroute_case'").fetchone()
    return found is not None


def test_an_owner_to_whom_the_roles_do_not_belong_is_told_what_it_needs(
    server: EmbeddedPostgres,
) -> None:
    migrate(server.url("first", "first"))
    second = server.url("second", "second")

    with pytest.raises(MigrationFailed, match="GRANT lotse_rerouting TO second WITH ADMIN OPTION"):
        migrate(second)

    with psycopg.connect(server.url("first", "first"), autocommit=True) as conn:
        conn.execute("GRANT lotse_rerouting TO second WITH ADMIN OPTION")
    migrate(second)
