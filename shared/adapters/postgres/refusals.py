"""Table `refusals`: that something was refused, and why; never what it was."""

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection, Pool, transaction
from shared.domain.identifiers import SenderId
from shared.domain.refusal import Refusal

_LARGEST = 2**63 - 1


class CommittedRefusals:
    """Each call is a transaction of its own: a refusal has none to take part in."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def add(self, refusal: Refusal) -> None:
        with transaction(self._pool) as conn:
            PostgresRefusals(conn).add(refusal)

    def last(self, sender: SenderId, transaction_id: str) -> Refusal | None:
        with transaction(self._pool) as conn:
            return PostgresRefusals(conn).last(sender, transaction_id)


class PostgresRefusals:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, refusal: Refusal) -> None:
        size = refusal.size
        self._conn.execute(
            """
            INSERT INTO refusals (sender, transaction_id, status, code, size, sha256)
            VALUES (%(sender)s, %(transaction_id)s, %(status)s, %(code)s, %(size)s, %(sha256)s)
            """,
            refusal.model_dump(exclude={"at"})
            | {"size": size if size is None or size <= _LARGEST else None},
        )

    def last(self, sender: SenderId, transaction_id: str) -> Refusal | None:
        with self._conn.cursor(row_factory=class_row(Refusal)) as cur:
            cur.execute(
                """
                SELECT at, sender, transaction_id, status, code, size, sha256
                  FROM refusals
                 WHERE sender = %(sender)s AND transaction_id = %(transaction_id)s
                 ORDER BY id DESC
                 LIMIT 1
                """,
                {"sender": sender, "transaction_id": transaction_id},
            )
            return cur.fetchone()

    def latest(self, limit: int, sender: SenderId | None = None) -> list[Refusal]:
        """The newest first."""
        with self._conn.cursor(row_factory=class_row(Refusal)) as cur:
            cur.execute(
                """
                SELECT at, sender, transaction_id, status, code, size, sha256
                  FROM refusals
                 WHERE %(sender)s::text IS NULL OR sender = %(sender)s
                 ORDER BY id DESC
                 LIMIT %(limit)s
                """,
                {"sender": sender, "limit": limit},
            )
            return cur.fetchall()
