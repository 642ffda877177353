"""What each function's role may read, and how long it may take: its own work, and no more."""

import psycopg
import pytest

from tests.roles import as_role

DELIVERED = ["SELECT fields FROM submissions", "SELECT original FROM submissions"]
FILES = "SELECT name FROM attachments"


@pytest.mark.parametrize("query", [*DELIVERED, "SELECT control FROM submissions", FILES])
def test_who_passes_nothing_on_reads_nothing_of_it(query: str, database_url: str) -> None:
    with (
        psycopg.connect(as_role(database_url, "lotse_recover")) as conn,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        conn.execute(query.encode())


@pytest.mark.parametrize(
    ("role", "columns", "not_theirs"),
    [
        ("lotse_route", "case_id, fields", ["SELECT control FROM submissions"]),
        ("lotse_assign", "case_id, fields, control", ["UPDATE capacities SET capacity = 0"]),
    ],
)
def test_whoever_decides_reads_of_an_application_what_was_filled_in(
    role: str, columns: str, not_theirs: list[str], database_url: str
) -> None:
    with psycopg.connect(as_role(database_url, role)) as conn:
        assert conn.execute(f"SELECT {columns} FROM submissions".encode()).fetchall() == []
        for query in (
            "SELECT original FROM submissions",
            "UPDATE submissions SET fields = '[]'",
            FILES,
            *not_theirs,
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(query.encode())


def test_recover_reads_of_a_file_what_it_takes_to_scan_it(database_url: str) -> None:
    with psycopg.connect(as_role(database_url, "lotse_recover")) as conn:
        query = "SELECT case_id, version, position, object_key, size, sha256 FROM attachments"
        assert conn.execute(query).fetchall() == []
        for query in ("SELECT original_name FROM attachments", "DELETE FROM attachments",
                      "UPDATE attachments SET object_key = ''"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                conn.execute(query.encode())


@pytest.mark.parametrize("query", DELIVERED)
def test_the_intake_reads_no_application_again(query: str, database_url: str) -> None:
    with psycopg.connect(as_role(database_url, "lotse_receive")) as conn:
        conn.execute(
            "SELECT fingerprint, fingerprint_version FROM submissions WHERE case_id = %s", [None]
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(query.encode())


@pytest.mark.parametrize("query", [*DELIVERED, FILES])
def test_forward_and_the_operator_read_it(query: str, database_url: str) -> None:
    for role in ("lotse_forward", "lotse_operator"):
        with psycopg.connect(as_role(database_url, role)) as conn:
            assert conn.execute(query.encode()).fetchall() == []


def test_the_database_ends_what_a_function_forgot(
    postgres_server: str, template_database: str
) -> None:
    with psycopg.connect(postgres_server) as conn:
        rows = conn.execute(
            """
            SELECT r.rolname, s.setconfig
              FROM pg_db_role_setting s
              JOIN pg_roles r ON r.oid = s.setrole
              JOIN pg_database d ON d.oid = s.setdatabase
             WHERE d.datname = %s
            """,
            [template_database],
        ).fetchall()

    limits = ["statement_timeout=20s", "lock_timeout=5s", "idle_in_transaction_session_timeout=60s"]
    functions = ("receive", "route", "assign", "forward", "recover")
    assert dict(rows) == {f"lotse_{function}": limits for function in functions}
