"""What the tests of assign's directory and commands run against."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import EmbeddedLdap
from infra.local.ports import free_port
from infra.local.supervisor import Supervisor
from shared.domain.configuration.directories import Directory
from tests.factories import TENANT, TRADE_OFFICE
from tests.functions.assign.deployed import (
    HARBOUR_OFFICE,
    MARKET_OFFICE,
    Connection,
    assign_at,
    serve,
)
from tests.functions.assign.directories import PASSWORD, of
from tests.functions.assign.installation import directory_away, installation

__all__ = ["caseworkers", "demo", "directory_away", "installation"]


@pytest.fixture
def caseworkers() -> Iterator[LdapCaseworkerDirectory]:
    directory = LdapCaseworkerDirectory()
    yield directory
    directory.close()


@pytest.fixture
def demo(ldap_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, ldap_server.password)
    return of(ldap_server)


@pytest.fixture
def ldap(tmp_path: Path) -> Iterator[tuple[EmbeddedLdap, Supervisor]]:
    """A server that the test may stop."""
    server = EmbeddedLdap(tmp_path, free_port())
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(server.part())
        yield server, supervisor


@pytest.fixture
def function(
    conn: Connection, database_url: str, ldap: tuple[EmbeddedLdap, Supervisor]
) -> Iterator[str]:
    server, _ = ldap
    conn.execute("INSERT INTO tenants (id, document) VALUES (%s, '{}')", [TENANT])
    asked_each_time = {"fresh_seconds": 0}
    unforgiving = {**asked_each_time, "last_good_minutes": 0}
    serve(conn, server, TRADE_OFFICE, asked_each_time)
    serve(conn, server, HARBOUR_OFFICE, unforgiving)
    serve(conn, server, MARKET_OFFICE, {**unforgiving, "give_up_after_minutes": 0.03})
    conn.commit()
    with assign_at(database_url, server.password) as url:
        yield url
