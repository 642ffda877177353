"""Columns of `attachments` about the malware scan: what is due, the lease on it, the verdict."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.malware import FilePlace, Pending, ScanClaim, ScanResult

_LONGEST_SECONDS = 3600


class PostgresScans:
    """Works inside the caller's transaction; never commits. Times are the database's."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def claim(self, due_before: datetime, limit: int, lease_seconds: float) -> list[ScanClaim]:
        """The oldest that are due; the lease is at the same time the distance to the next try."""
        rows = self._conn.execute(
            """
            WITH due AS (
                SELECT case_id, version, position, scan_due_at AS due_at
                  FROM attachments
                 WHERE malware_verdict = 'pending' AND scan_due_at <= %(due_before)s
                 ORDER BY scan_due_at
                 LIMIT %(limit)s
                   FOR UPDATE SKIP LOCKED
            )
            UPDATE attachments file
               SET scan_attempts = scan_attempts + 1,
                   scan_due_at = now() + make_interval(secs => greatest(%(lease)s, least(
                       %(lease)s * 2::float8 ^ least(scan_attempts, 30), %(longest)s)))
              FROM due
             WHERE (file.case_id, file.version, file.position)
                   = (due.case_id, due.version, due.position)
            RETURNING file.case_id, file.version, file.position, object_key, size,
                      encode(sha256, 'hex'), scan_attempts, scan_due_at, due.due_at
            """,
            {
                "due_before": due_before,
                "limit": limit,
                "lease": lease_seconds,
                "longest": _LONGEST_SECONDS,
            },
        ).fetchall()
        rows.sort(key=lambda row: row[-1])
        return [_claim(*row[:-1]) for row in rows]

    def give_back(self, claims: Sequence[ScanClaim]) -> None:
        """Due again, as if not tried; except what has been decided or leased anew meanwhile."""
        for claim in claims:
            self._conn.execute(
                """
                UPDATE attachments
                   SET scan_due_at = clock_timestamp(), scan_attempts = scan_attempts - 1
                 WHERE case_id = %(case_id)s AND version = %(version)s AND position = %(position)s
                   AND malware_verdict = 'pending' AND scan_due_at = %(leased_until)s
                """,
                {**claim.place.model_dump(), "leased_until": claim.leased_until},
            )

    def settle(self, claim: ScanClaim, result: ScanResult) -> bool:
        """Under the lock on the case. False if it has been decided or leased anew meanwhile."""
        cur = self._conn.execute(
            """
            UPDATE attachments
               SET malware_verdict = %(verdict)s, malware_code = %(code)s
             WHERE case_id = %(case_id)s AND version = %(version)s AND position = %(position)s
               AND malware_verdict = 'pending' AND scan_due_at = %(leased_until)s
            """,
            {
                **claim.place.model_dump(),
                **result.model_dump(),
                "leased_until": claim.leased_until,
            },
        )
        return cur.rowcount == 1

    def holding(self, case_id: CaseId) -> bool:
        """Whether a file of the case keeps it from being forwarded."""
        row = self._conn.execute(
            """
            SELECT EXISTS (
                SELECT FROM attachments
                 WHERE case_id = %(case_id)s
                   AND malware_verdict IN ('pending', 'infected', 'not_scannable'))
            """,
            {"case_id": case_id},
        ).fetchone()
        return row is not None and bool(row[0])

    def pending(self) -> Pending:
        with self._conn.cursor(row_factory=class_row(Pending)) as cur:
            cur.execute(
                """
                SELECT count(*) AS count, min(pending_since) AS since
                  FROM attachments
                 WHERE malware_verdict = 'pending'
                """
            )
            found = cur.fetchone()
        assert found is not None  # noqa: S101 - an aggregate has one row
        return found

    def scanner_asked(self, *, answered: bool) -> None:
        self._conn.execute(
            """
            INSERT INTO malware_scanner AS scanner (asked_at, answered_at)
            VALUES (now(), CASE WHEN %(answered)s THEN now() END)
            ON CONFLICT (only_row) DO UPDATE
               SET asked_at = excluded.asked_at,
                   answered_at = coalesce(excluded.answered_at, scanner.answered_at)
            """,
            {"answered": answered},
        )


def _claim(*row: Any) -> ScanClaim:
    case_id, version, position, object_key, size, sha256, attempts, leased_until = row
    return ScanClaim(
        place=FilePlace(case_id=case_id, version=version, position=position),
        object_key=object_key,
        size=size,
        sha256=sha256,
        attempts=attempts,
        leased_until=leased_until,
    )
