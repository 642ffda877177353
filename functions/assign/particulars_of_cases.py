"""Tables `submissions` and `routings`, as far as a rule may ask of them."""

from functions.assign.particulars import Particulars
from shared.adapters.postgres.pool import Connection
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.regions import Location
from shared.domain.submission import Mailbox
from shared.domain.submission_text import read_fields


class PostgresParticulars:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(self, case_id: CaseId, round_: int) -> Particulars:
        # Fields as text: psycopg would read numbers as floats and lose digits.
        row = self._conn.execute(
            """
            SELECT s.fields::text, s.control #> '{service_account,mailbox}', r.decision -> 'located'
              FROM submissions s
              LEFT JOIN routings r ON r.case_id = s.case_id AND r.round = %(round)s
             WHERE s.case_id = %(case_id)s
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        fields, mailbox, located = row
        return Particulars(
            fields=read_fields(fields),
            mailbox=mailbox and Mailbox.model_validate(mailbox),
            location=Location.model_validate(located) if located else Location(),
        )
