"""The embedded PostgreSQL keeps what was committed, and migrations run whole or not at all."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.errors import MigrationFailed
from infra.local.ports import free_port
from infra.local.postgres import EmbeddedPostgres
from infra.local.supervisor import Supervisor
from infra.migrations import dbmate, environment, migrate

FIRST = "-- migrate:up\nCREATE TABLE boats (name text);\n-- migrate:down\nDROP TABLE boats;\n"
SLOW = (
    "-- migrate:up\nCREATE TABLE piers (name text);\nSELECT pg_sleep(3);\n"
    "INSERT INTO boats VALUES ('Lotse');\n-- migrate:down\nDROP TABLE piers;\n"
)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_boats.sql").write_text(FIRST)
    (folder / "0002_piers.sql").write_text(SLOW)
    return folder


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute("CREATE DATABASE lotse_migrations")
        yield postgres_server.replace("/postgres?", "/lotse_migrations?")
        conn.execute("DROP DATABASE lotse_migrations WITH (FORCE)")


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def setting(url: str, name: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return row[0]


def test_what_was_committed_survives_kills_and_restarts(state: Path) -> None:
    server = EmbeddedPostgres(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        server.ensure_database()
        server.ensure_database()
        with psycopg.connect(server.url()) as conn:
            conn.execute("CREATE TABLE boats (name text)")
        for number in range(3):
            with psycopg.connect(server.url()) as conn:
                conn.execute("INSERT INTO boats VALUES (%s)", [f"boat {number}"])
            supervisor.kill("postgres")
            supervisor.wait_until_running("postgres")

    again = EmbeddedPostgres(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(again.part())
        with psycopg.connect(again.url()) as conn:
            assert conn.execute("SELECT count(*) FROM boats").fetchone() == (3,)


def test_it_comes_back_although_a_query_outlives_the_server(state: Path) -> None:
    server = EmbeddedPostgres(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        with psycopg.connect(server.url(database="postgres")) as busy:
            pid = supervisor.pid("postgres")
            assert pid is not None
            # Only the postmaster: its children still hold the shared memory for a while.
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: supervisor.pid("postgres") not in (None, pid))
            supervisor.wait_until_running("postgres")
            assert not busy.closed
        assert server.is_ready()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", "127.0.0.1"),
        ("server_encoding", "UTF8"),
        ("log_error_verbosity", "terse"),
    ],
)
def test_it_is_set_to_be_safe(postgres_server: str, name: str, value: str) -> None:
    assert setting(postgres_server, name) == value


def test_a_half_made_data_directory_is_made_anew(state: Path) -> None:
    (state / "postgres.new").mkdir(parents=True)
    (state / "postgres.new" / "PG_VERSION").write_text("18")
    server = EmbeddedPostgres(state, free_port())

    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        assert server.is_ready()


def test_it_runs_below_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "state", free_port())

    with Supervisor(closed / "state") as supervisor:
        supervisor.start(server.part())

    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_failed_statement_leaves_no_value_in_the_log(state: Path) -> None:
    server = EmbeddedPostgres(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        with psycopg.connect(server.url(database="postgres"), autocommit=True) as conn:
            conn.execute("CREATE TABLE people (name text PRIMARY KEY)")
            conn.execute("INSERT INTO people VALUES ('Erika Erdacht')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                conn.execute("INSERT INTO people VALUES ('Erika Erdacht')")

    log = (state / "log" / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "Erdacht" not in log


def applied(url: str) -> list[str]:
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT version FROM schema_migrations ORDER BY version").fetchall()
    return [row[0] for row in rows]


def boats(url: str) -> int:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM boats").fetchone()
    assert row is not None
    return int(row[0])


def start_dbmate(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(dbmate(folder), env=environment(url), stdout=subprocess.DEVNULL)


def sleeps(url: str) -> bool:
    with psycopg.connect(url) as conn:
        query = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        return conn.execute(query).fetchone() is not None


def test_of_two_migrations_at_once_each_change_is_made_once(
    empty_database: str, migrations: Path
) -> None:
    both = [start_dbmate(empty_database, migrations) for _ in range(2)]

    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert applied(empty_database) == ["0001", "0002"]
    assert boats(empty_database) == 1


def test_a_killed_migration_leaves_neither_half_a_change_nor_a_lock(
    empty_database: str, migrations: Path
) -> None:
    process = start_dbmate(empty_database, migrations)
    wait_for(lambda: sleeps(empty_database))
    process.kill()
    process.wait()

    assert applied(empty_database) == ["0001"]
    assert boats(empty_database) == 0
    migrate(empty_database, migrations)

    assert applied(empty_database) == ["0001", "0002"]
    assert boats(empty_database) == 1


def test_a_migration_that_fails_is_said_so(empty_database: str, migrations: Path) -> None:
    (migrations / "0003_wrong.sql").write_text("-- migrate:up\nCREATE TABEL x ();\n")

    with pytest.raises(MigrationFailed, match=r"the database was not migrated\. Error:"):
        migrate(empty_database, migrations)


def test_the_password_of_the_database_is_no_argument(tmp_path: Path) -> None:
    assert not [word for word in dbmate(tmp_path) if "postgres://" in word or "url" in word]


@pytest.mark.parametrize(
    ("url", "sslmode"),
    [
        ("postgresql://a@127.0.0.1/x", "sslmode=disable"),
        ("postgresql://a@localhost/x?sslmode=require", "sslmode=require"),
        ("postgresql://a@database.example/x", ""),
    ],
)
def test_only_the_own_machine_is_spoken_to_without_tls(url: str, sslmode: str) -> None:
    assert environment(url)["DATABASE_URL"].partition("?")[2] == sslmode


def test_the_real_migrations_give_each_test_a_database(conn: psycopg.Connection) -> None:
    assert conn.execute("SELECT FROM schema_migrations").fetchall()
    assert not conn.autocommit
