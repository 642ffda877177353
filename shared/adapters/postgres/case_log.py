"""Table `case_log`: the append-only record of a case. The database numbers and chains entries."""

from shared.adapters.postgres.pool import Connection
from shared.domain.case import LogEntry
from shared.domain.identifiers import CaseId


class PostgresCaseLog:
    """The caller holds the lock on the case's row."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def append(self, case_id: CaseId, entry: LogEntry) -> None:
        self._conn.execute(
            """
            INSERT INTO case_log (case_id, entry)
            VALUES (%(case_id)s, %(entry)s)
            """,
            {"case_id": case_id, "entry": entry.model_dump_json().encode()},
        )
