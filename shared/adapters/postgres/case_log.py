"""Table `case_log`: the append-only record of a case. The database numbers and chains entries."""

import json

from shared.adapters.postgres.pool import Connection
from shared.domain.case import LogEntry, LoggedEntry
from shared.domain.identifiers import CaseId


class PostgresCaseLog:
    """Whoever appends holds the lock on the case's row."""

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

    def of_case(self, case_id: CaseId) -> tuple[LoggedEntry, ...]:
        """The whole record, the oldest entry first."""
        rows = self._conn.execute(
            """
            SELECT seq, at, entry
              FROM case_log
             WHERE case_id = %(case_id)s
             ORDER BY seq
            """,
            {"case_id": case_id},
        ).fetchall()
        return tuple(
            LoggedEntry(sequence=sequence, at=at, **json.loads(bytes(entry)))
            for sequence, at, entry in rows
        )
