"""Table `refusals`: that something was refused, and why; never what it was."""

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import SenderId


class PostgresRefusals:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, sender: SenderId | None, status: int, code: str, size: int | None) -> None:
        self._conn.execute(
            """
            INSERT INTO refusals (sender, status, code, size)
            VALUES (%(sender)s, %(status)s, %(code)s, %(size)s)
            """,
            {"sender": sender, "status": status, "code": code, "size": size},
        )
