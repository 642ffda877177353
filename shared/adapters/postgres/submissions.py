"""Table `submissions`: what arrived, unchanged."""

from dataclasses import dataclass

from shared.adapters.postgres.pool import Connection
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.submission import PartDigest, Submission
from shared.domain.submission_text import SubmissionText, read_submission


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes as they came; `data` is None where they lie in the object store."""

    data: bytes | None
    media_type: str | None


class PostgresSubmissions:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def get(self, case_id: CaseId) -> Submission:
        """Raise UnknownCase if there is none."""
        # As text: psycopg would read numbers as floats and lose digits.
        row = self._conn.execute(
            """
            SELECT c.sender, c.transaction_id, c.is_test, s.control::text, s.fields::text, s.flags
              FROM submissions s
              JOIN cases c ON c.id = s.case_id
             WHERE s.case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        sender, transaction_id, is_test, control, fields, flags = row
        return read_submission(
            SubmissionText(control, fields),
            sender=sender,
            transaction_id=transaction_id,
            flags=flags,
            is_test=is_test,
        )

    def original(self, case_id: CaseId) -> Original:
        """Raise UnknownCase if there is none."""
        row = self._conn.execute(
            """
            SELECT original, original_media_type
              FROM submissions
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        return Original(*row)

    def fingerprint(self, case_id: CaseId) -> tuple[bytes, int]:
        """The fingerprint and the version of its algorithm. Raise UnknownCase if there is none."""
        row = self._conn.execute(
            """
            SELECT fingerprint, fingerprint_version
              FROM submissions
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        fingerprint, version = row
        return fingerprint, version

    def sent(self, case_id: CaseId) -> PartDigest | None:
        """Of the form data's part as it was sent. Raise UnknownCase if there is none."""
        row = self._conn.execute(
            """
            SELECT sent_size, encode(sent_sha256, 'hex')
              FROM submissions
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        size, digest = row
        return None if digest is None else PartDigest(size=size, sha256=digest)

    def probable_duplicates(self, case_id: CaseId) -> list[CaseId]:
        """Other cases with the same content under another transaction id, oldest first."""
        rows = self._conn.execute(
            """
            SELECT other.case_id
              FROM submissions this
              JOIN submissions other ON other.fingerprint = this.fingerprint
                                    AND other.fingerprint_version = this.fingerprint_version
                                    AND other.case_id <> this.case_id
              JOIN cases c ON c.id = other.case_id
             WHERE this.case_id = %(case_id)s
             ORDER BY c.received_at, c.id
            """,
            {"case_id": case_id},
        ).fetchall()
        return [CaseId(row[0]) for row in rows]
