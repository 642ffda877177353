"""The connections to Postgres: what passes by itself, and how soon a dead server is noticed."""

import select
from collections.abc import Iterator

import pytest

from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.errors import Unavailable


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    opened = open_pool(DatabaseSettings(database_url=database_url))
    yield opened
    opened.close()


def test_a_transaction_that_the_server_ended_is_tried_again(pool: Pool) -> None:
    with pytest.raises(Unavailable):
        _wait_in_a_transaction(pool)


def test_a_server_that_vanished_is_noticed_and_one_that_is_back_is_found(pool: Pool) -> None:
    with transaction(pool) as conn:
        set_for_it = conn.info.get_parameters()

    assert int(set_for_it["tcp_user_timeout"]) <= 30_000
    assert int(set_for_it["keepalives_idle"]) <= 30
    assert pool.reconnect_timeout <= pool.timeout


def _wait_in_a_transaction(pool: Pool) -> None:
    """Until the server has enough of it."""
    with transaction(pool) as conn:
        conn.execute("SET LOCAL idle_in_transaction_session_timeout = '10ms'")
        select.select([conn.fileno()], [], [], 30)
        conn.execute("SELECT 1")
