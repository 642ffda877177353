"""The receive function, broken on purpose: it answers before its transaction is committed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from shared.adapters.postgres import intake
from shared.adapters.postgres.pool import Connection, Pool

COMMITS_AFTER = 1.5  # seconds


@contextmanager
def uncommitted(pool: Pool) -> Iterator[Connection]:
    conn = pool.getconn()
    try:
        yield conn
    except BaseException:
        conn.rollback()
        pool.putconn(conn)
        raise
    threading.Timer(COMMITS_AFTER, _commit, (pool, conn)).start()


def _commit(pool: Pool, conn: Connection) -> None:
    with suppress(psycopg.Error):
        conn.commit()
    pool.putconn(conn)


vars(intake)["statement"] = uncommitted

from functions.receive.main import handle  # noqa: E402 - after it has been broken

__all__ = ["handle"]
