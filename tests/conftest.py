"""Real servers for the tests: one of each per run, and a fresh database or bucket per test."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.ldap import EmbeddedLdap
from infra.local.ports import free_port
from infra.local.postgres import EmbeddedPostgres
from infra.local.s3 import EmbeddedS3
from infra.local.supervisor import Supervisor
from infra.migrations import migrate
from tests.clamd import ClamdServer, program
from tests.databases import created, unique, url
from tests.directories import samba, slapd
from tests.directories.once import made_once

IN_CI = os.environ.get("CI") == "true"
REPOSITORY = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is supposed to be there, a skipped test is one that tests nothing."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {call.excinfo}"
    return report


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a superuser: TEST_DATABASE_URL, or a server of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    state = tmp_path_factory.mktemp("postgres")
    server = EmbeddedPostgres(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        yield server.url(database="postgres")


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> Iterator[str]:
    """The name of a database with all migrations; nobody connects to it."""
    name = unique("template")
    with created(postgres_server, name):
        migrate(url(postgres_server, name))
        yield name


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """A database of its own for this test, with the schema, as superuser."""
    name = unique("test")
    with created(postgres_server, name, template_database):
        yield url(postgres_server, name)


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(database_url)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def object_store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedS3]:
    state = tmp_path_factory.mktemp("s3")
    server = EmbeddedS3(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        yield server


@pytest.fixture
def bucket(object_store_server: EmbeddedS3) -> Iterator[str]:
    """The name of an empty bucket."""
    name = unique("bucket").replace("_", "-")
    object_store_server.ensure_bucket(name)
    yield name
    object_store_server.delete_bucket(name)


@pytest.fixture(scope="session")
def ldap_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedLdap]:
    """The demo directory."""
    state = tmp_path_factory.mktemp("ldap")
    server = EmbeddedLdap(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        yield server


@pytest.fixture(scope="session")
def samba_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a domain controller of our municipality starts with; each has a copy."""
    reason = samba.missing()
    if reason is not None:
        pytest.skip(reason)
    return made_once(tmp_path_factory, "samba", samba.provision)


@pytest.fixture(scope="session")
def samba_server(
    samba_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[samba.SambaServer]:
    """A real Active Directory to read; who changes or kills one uses `own_samba_server`."""
    with samba.SambaServer(samba_data, tmp_path_factory.mktemp("ad") / "dc") as server:
        yield server


@pytest.fixture
def own_samba_server(samba_data: Path, tmp_path: Path) -> Iterator[samba.SambaServer]:
    with samba.SambaServer(samba_data, tmp_path / "dc") as server:
        yield server


@pytest.fixture(scope="session")
def slapd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.SlapdServer]:
    """A real OpenLDAP server to read; who changes or kills one uses `own_slapd_server`."""
    with _a_slapd(tmp_path_factory.mktemp("openldap") / "slapd") as server:
        yield server


@pytest.fixture(scope="session")
def paging_slapd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.SlapdServer]:
    """One that answers at most 500 entries at once."""
    with _a_slapd(tmp_path_factory.mktemp("paging") / "slapd", size_limit=500) as server:
        yield server


@pytest.fixture
def own_slapd_server(tmp_path: Path) -> Iterator[slapd.SlapdServer]:
    with _a_slapd(tmp_path / "slapd") as server:
        yield server


def _a_slapd(folder: Path, size_limit: int | None = None) -> slapd.SlapdServer:
    reason = slapd.missing()
    if reason is not None:
        pytest.skip(reason)
    return slapd.SlapdServer(folder, size_limit)


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[ClamdServer]:
    """A malware scanner that runs, and may be stopped and started by the test."""
    if program() is None:
        pytest.skip("there is no clamd on this machine (Debian: clamav-daemon)")
    server = ClamdServer(tmp_path / "clamd", free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Standards and recorded material that are not part of this repository."""
    path = Path(os.environ.get("REFERENCE_DATA", REPOSITORY.parent / "shared" / "data"))
    if path.is_dir():
        return path
    reason = f"there is no reference data in {path}; set REFERENCE_DATA"
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)
