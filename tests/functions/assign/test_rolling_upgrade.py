"""While versions differ: code that is newer than its schema, and documents of a newer version."""

from collections.abc import Iterator

import psycopg
import pytest

from functions.assign.configuration import read_rules
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.errors import Unavailable
from tests.factories import TENANT
from tests.roles import as_role


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    url = as_role(database_url, "lotse_assign")
    opened = open_pool(DatabaseSettings(database_url=url, database_pool_size=1))
    yield opened
    opened.close()


def test_a_right_that_the_schema_does_not_grant_yet_is_waited_for(
    pool: Pool, conn: psycopg.Connection
) -> None:
    conn.execute("REVOKE SELECT ON authorities FROM lotse_assign")  # as before 0014
    conn.commit()

    with pytest.raises(Unavailable, match="42501"), transaction(pool) as assigning:
        read_rules(assigning, TENANT)


@pytest.mark.parametrize("table", ["directories", "assignment_rules", "authorities"])
def test_a_document_of_a_newer_version_is_waited_for_and_named(
    table: str, pool: Pool, conn: psycopg.Connection
) -> None:
    conn.execute("INSERT INTO tenants (id, document) VALUES (%s, '{}')", [TENANT])
    conn.execute(
        f"INSERT INTO {table} (tenant, id, document) VALUES (%s, 'bau', %s)".encode(),
        [TENANT, '{"id": "bau", "of_tomorrow": "Berta Beispiel"}'],
    )
    conn.commit()

    with (
        pytest.raises(Unavailable, match=rf"^{table} {TENANT}/bau ") as told,
        transaction(pool) as assigning,
    ):
        read_rules(assigning, TENANT)
    assert "Berta" not in str(told.value)
