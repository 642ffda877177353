"""Table `senders`: who may deliver, as declared in the configuration."""

from typing import Any

from pydantic import ValidationError

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.senders import Sender, UnreadableSender


class PostgresSenders:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def all(self) -> list[Sender | UnreadableSender]:
        """One that this version cannot read is named: it must not keep the others out."""
        rows = self._conn.execute(
            """
            SELECT id, document
              FROM senders
             ORDER BY id
            """
        ).fetchall()
        return [_read(id_, document) for id_, document in rows]


def _read(id_: str, document: Any) -> Sender | UnreadableSender:
    try:
        return Sender.model_validate(document)
    except ValidationError:
        return UnreadableSender(id=id_)
