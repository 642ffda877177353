"""What the contract tests of several modules run against."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from infra.local.ldap import BIND_DN, EmbeddedLdap
from infra.local.ports import free_port
from infra.local.supervisor import Supervisor
from shared.adapters.memory import InMemoryAuthorityDirectory
from shared.ports import AuthorityDirectory
from tests.contract.authority_directories import Filled, insert_where, insert_who
from tests.contract.caseworker_directories import ADAPTERS, Served, as_ldif, in_memory, over_ldap
from tests.directories.municipality import BASE
from tests.directories.server import DirectoryServer
from tests.directory_rows import DirectoryRows
from tests.functions.assign.directories import SERVICE_UNITS, WORKLOAD, at, municipality_at


@pytest.fixture(params=["memory", "postgres"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Makes a directory of responsibilities, units, services and places."""
    if request.param == "memory":
        return InMemoryAuthorityDirectory
    conn = request.getfixturevalue("conn")

    def fill(*args: Any, version: int = 1, **more: Any) -> AuthorityDirectory:
        rows = DirectoryRows(conn)
        rows.next_version(active=version > 0)
        insert_who(rows, *args, **more)
        insert_where(rows, **more)
        return PostgresAuthorityDirectory(conn)

    return fill


@pytest.fixture(scope="session", params=list(ADAPTERS))
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A directory of caseworkers that holds the municipality of the tests."""
    if request.param == "memory":
        yield in_memory()
    elif request.param == "demo":
        yield from _served_by_demo(tmp_path_factory.mktemp("municipality"))
    else:
        name, id_ = _SERVERS[request.param]
        server: DirectoryServer = request.getfixturevalue(name)
        with server.reader() as reader:
            served = over_ldap(municipality_at(server), reader, id_)
        yield served
        served.close()


_SERVERS = {
    "active_directory": ("samba_server", "objectGUID"),
    "openldap": ("slapd_server", "entryUUID"),
}


def _served_by_demo(state: Path) -> Iterator[Served]:
    ldif, password = state / "municipality.ldif", state / "password"
    ldif.write_text(as_ldif())
    server = EmbeddedLdap(state, free_port(), ldif)
    password.write_text(server.password)
    declared = at(
        server.url,
        kind="openldap",
        mapping=SERVICE_UNITS | WORKLOAD,
        base=BASE,
        password=f"file:{password}",
    )
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        with ldap3.Connection(ldap3.Server(server.url), BIND_DN, server.password) as reader:
            served = over_ldap(declared, reader, "entryUUID")
        yield served
        served.close()
