"""When a directory is due to be asked for those who hold cases, and by whom."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from functions.assign.checks import PostgresDirectoryChecks
from tests.factories import TENANT
from tests.roles import as_role

NOW, SOON, LATER = timedelta(), timedelta(seconds=90), timedelta(minutes=10)


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Each statement is a transaction of its own, so that time goes on between them."""
    with psycopg.connect(as_role(database_url, "lotse_assign"), autocommit=True) as conn:
        yield conn


@pytest.fixture
def checks(conn: psycopg.Connection[Any]) -> PostgresDirectoryChecks:
    return PostgresDirectoryChecks(conn)


def is_due_in(conn: psycopg.Connection[Any], time: timedelta) -> bool:
    row = conn.execute("SELECT due_at <= now() + %s FROM directory_checks", [time]).fetchone()
    assert row is not None
    return bool(row[0])


def test_each_directory_is_checked_by_one_until_it_is_due_again(
    checks: PostgresDirectoryChecks,
) -> None:
    assert checks.claim(TENANT, "ad", NOW)
    assert checks.claim(TENANT, "ad", LATER)

    assert not checks.claim(TENANT, "ad", LATER)
    assert checks.claim(TENANT, "another", LATER)


@pytest.mark.parametrize("former", [False, True], ids=["the first time", "later"])
def test_of_two_that_claim_at_once_one_checks_it(database_url: str, former: bool) -> None:
    url = as_role(database_url, "lotse_assign")
    with psycopg.connect(url) as one, psycopg.connect(url, autocommit=True) as other:
        if former:
            PostgresDirectoryChecks(other).claim(TENANT, "ad", NOW)
        assert PostgresDirectoryChecks(one).claim(TENANT, "ad", LATER)
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            PostgresDirectoryChecks(other).claim(TENANT, "ad", LATER)
        one.commit()

        assert not PostgresDirectoryChecks(other).claim(TENANT, "ad", LATER)


def test_what_went_well_is_due_when_it_was_going_to_be(
    checks: PostgresDirectoryChecks, conn: psycopg.Connection[Any]
) -> None:
    checks.claim(TENANT, "ad", LATER)

    checks.note(TENANT, "ad", None, soon=False)

    assert (is_due_in(conn, SOON), is_due_in(conn, LATER)) == (False, True)


@pytest.mark.parametrize("every", [LATER, NOW], ids=["sooner", "not later"])
def test_what_is_noted_as_due_soon_is_due_no_later_than_it_was(
    checks: PostgresDirectoryChecks, conn: psycopg.Connection[Any], every: timedelta
) -> None:
    checks.claim(TENANT, "ad", every)

    checks.note(TENANT, "ad", "directory ad does not answer", soon=True)

    assert is_due_in(conn, SOON)
    assert is_due_in(conn, NOW) == (every == NOW)
    row = conn.execute("SELECT failure, checked_at IS NULL FROM directory_checks").fetchone()
    assert row == ("directory ad does not answer", False)


def test_the_next_success_forgets_a_failure(
    checks: PostgresDirectoryChecks, conn: psycopg.Connection[Any]
) -> None:
    for failure in ("directory ad does not answer", None):
        checks.claim(TENANT, "ad", NOW)
        checks.note(TENANT, "ad", failure, soon=False)

    assert conn.execute("SELECT failure FROM directory_checks").fetchone() == (None,)
