"""Connections: one lazy pool per worker process, one transaction per event."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.domain.errors import Unavailable
from shared.settings import Settings

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]

# Away, overloaded, read-only, or older than the code (a rolling upgrade: what is not there yet, or
# not granted yet): all pass by themselves.
_PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    PoolTimeout,
    errors.ReadOnlySqlTransaction,
    errors.IdleInTransactionSessionTimeout,
    errors.InsufficientPrivilege,
    errors.UndefinedColumn,
    errors.UndefinedFunction,
    errors.UndefinedTable,
)


# A server that vanished without a word (a failover) is given up within half a minute; TCP's own
# limits are a quarter of an hour, or hours, during which each of them holds a thread.
_NOTICE_A_DEAD_SERVER = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


class DatabaseSettings(Settings):
    """Each field is one environment variable."""

    database_url: str
    database_pool_size: int = 8
    wake_after_seconds: float = 60


def open_pool(settings: DatabaseSettings) -> Pool:
    """A pool that holds no connection until one is needed. It does not survive a fork."""
    return ConnectionPool(
        settings.database_url,
        min_size=0,
        max_size=settings.database_pool_size,
        timeout=5,
        max_idle=60,
        # PgBouncer in transaction mode: nothing may outlive a transaction, prepared statements too.
        kwargs={"prepare_threshold": None, "connect_timeout": 5, **_NOTICE_A_DEAD_SERVER},
        # Beyond it the pool would let even a server that is back wait, for minutes.
        reconnect_timeout=5,
        check=_refuse_closed,
        open=True,
    )


@contextmanager
def transaction(pool: Pool) -> Iterator[Connection]:
    """Commit on success, roll back on any error; what passes by itself becomes Unavailable."""
    try:
        with pool.connection() as conn:
            yield conn
    except _PASSING as exc:
        raise Unavailable(
            f"postgres {type(exc).__name__} {getattr(exc, 'sqlstate', None)}"
        ) from exc


@contextmanager
def statement(pool: Pool) -> Iterator[Connection]:
    """For one statement that is a transaction of its own: no round trips for BEGIN and COMMIT."""
    with transaction(pool) as conn:
        conn.autocommit = True
        try:
            yield conn
        finally:
            if not conn.closed:
                conn.autocommit = False


def _refuse_closed(conn: Connection) -> None:
    """An idle connection with something to read was ended by the server. Costs no round trip."""
    readable, _, _ = select.select([conn.fileno()], [], [], 0)
    if readable:
        conn.close()  # or the pool, which has not noticed, puts it back and offers it again
        raise psycopg.OperationalError("the server closed this connection while it was idle")
