"""Table `submissions`, as far as route may read it: what was filled in."""

from shared.adapters.postgres.pool import Connection
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.submission import FormField
from shared.domain.submission_text import read_fields


class PostgresFormFields:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(self, case_id: CaseId) -> tuple[FormField, ...]:
        # As text: psycopg would read numbers as floats and lose digits.
        row = self._conn.execute(
            """
            SELECT fields::text
              FROM submissions
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        return read_fields(row[0])
