"""Table `senders`: who may deliver, as declared in the configuration."""

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.senders import Sender


class PostgresSenders:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def all(self) -> list[Sender]:
        rows = self._conn.execute(
            """
            SELECT document
              FROM senders
             ORDER BY id
            """
        ).fetchall()
        return [Sender.model_validate(row[0]) for row in rows]
