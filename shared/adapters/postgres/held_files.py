"""Columns of `attachments` about the malware scan, as people read them and decide."""

from collections.abc import Collection
from typing import Any

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.malware import FilePlace, MalwareVerdict, ScannedFile, ScannerSeen


class PostgresHeldFiles:
    """Works inside the caller's transaction; never commits. Who changes holds the case's lock."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of_case(self, case_id: CaseId) -> list[ScannedFile]:
        """Every version, in the order of delivery."""
        rows = self._conn.execute(
            """
            SELECT case_id, version, position, kind, name, size, malware_verdict, malware_code
              FROM attachments
             WHERE case_id = %(case_id)s
             ORDER BY version, position
            """,
            {"case_id": case_id},
        ).fetchall()
        return [_file(*row) for row in rows]

    def having(self, verdicts: Collection[MalwareVerdict]) -> list[ScannedFile]:
        """Of all cases, the oldest case first."""
        rows = self._conn.execute(
            """
            SELECT case_id, attachments.version, position, kind, name, size, malware_verdict,
                   malware_code
              FROM attachments
              JOIN cases ON cases.id = attachments.case_id
             WHERE malware_verdict = ANY(%(verdicts)s)
             ORDER BY sequence_number, attachments.version, position
            """,
            {"verdicts": list(verdicts)},
        ).fetchall()
        return [_file(*row) for row in rows]

    def cases_not_scanned(self, after: CaseId, limit: int) -> list[CaseId]:
        """In the order of their ids, so that one page does not read what another has."""
        rows = self._conn.execute(
            """
            SELECT DISTINCT case_id
              FROM attachments
             WHERE case_id > %(after)s AND malware_verdict = 'not_scanned'
             ORDER BY case_id
             LIMIT %(limit)s
            """,
            {"after": after, "limit": limit},
        ).fetchall()
        return [CaseId(row[0]) for row in rows]

    def decide(self, place: FilePlace, verdict: MalwareVerdict) -> None:
        """What the scanner said of it stays in `malware_code`."""
        self._conn.execute(
            """
            UPDATE attachments
               SET malware_verdict = %(verdict)s
             WHERE case_id = %(case_id)s AND version = %(version)s AND position = %(position)s
            """,
            {**place.model_dump(), "verdict": verdict},
        )

    def scan_again(self, place: FilePlace) -> None:
        self._conn.execute(
            """
            UPDATE attachments
               SET malware_verdict = 'pending', malware_code = NULL, pending_since = now(),
                   scan_due_at = now(), scan_attempts = 0
             WHERE case_id = %(case_id)s AND version = %(version)s AND position = %(position)s
            """,
            place.model_dump(),
        )

    def held_cases(self) -> int:
        """How many are not forwarded yet and have a file that holds them."""
        row = self._conn.execute(
            """
            SELECT count(DISTINCT cases.id)
              FROM attachments
              JOIN cases ON cases.id = attachments.case_id
             WHERE malware_verdict IN ('pending', 'infected', 'not_scannable')
               AND stage <> 'forwarded'
            """
        ).fetchone()
        return row[0] if row else 0

    def scanner(self) -> ScannerSeen | None:
        """None if recover has never had one."""
        with self._conn.cursor(row_factory=class_row(ScannerSeen)) as cur:
            cur.execute("SELECT asked_at, answered_at FROM malware_scanner")
            return cur.fetchone()


def _file(*row: Any) -> ScannedFile:
    case_id, version, position, kind, name, size, verdict, code = row
    return ScannedFile(
        place=FilePlace(case_id=case_id, version=version, position=position),
        kind=kind,
        name=name,
        size=size,
        verdict=verdict,
        code=code,
    )
