"""What waits at the clearing office for a person to decide."""

from collections.abc import Iterator
from datetime import datetime

from psycopg.rows import class_row
from pydantic import BaseModel, ConfigDict

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    CaseId,
    LeikaKey,
    RegionKey,
    SenderId,
    UnitId,
    format_case_number,
)
from shared.domain.routing import Candidate, RoutingDecision

_AT_ONCE = 100


class WaitingCase(BaseModel):
    """`since`: from when on it is new, or from when a person has sent it back."""

    model_config = ConfigDict(frozen=True)

    id: CaseId
    sequence_number: int
    since: datetime
    sender: SenderId
    form_id: str | None
    leika_keys: tuple[LeikaKey, ...]
    region: RegionKey | None
    named_unit: UnitId | None
    is_test: bool
    decision: RoutingDecision

    @property
    def number(self) -> str:
        return format_case_number(self.sequence_number)

    @property
    def candidates_left(self) -> list[Candidate]:
        """The first of each bearer, as they are ranked."""
        left: dict[str, Candidate] = {}
        for candidate in self.decision.candidates:
            if candidate.lost is None:
                left.setdefault(candidate.bearer, candidate)
        return list(left.values())


def waiting_cases(conn: Connection, limit: int | None = None) -> Iterator[WaitingCase]:
    """The longest waiting first."""
    with conn.cursor("waiting", row_factory=class_row(WaitingCase)) as cur:
        cur.itersize = _AT_ONCE
        cur.execute(
            """
            SELECT c.id, c.sequence_number, c.status_since AS since, c.sender, c.form_id,
                   c.leika_keys, c.region, c.named_unit, c.is_test, r.decision
              FROM cases c
              JOIN routings r ON r.case_id = c.id AND r.round = c.round
             WHERE c.authority = %(clearing_office)s
               AND c.status IN ('received', 'accepted', 'in_progress')
             ORDER BY c.status_since, c.sequence_number
             LIMIT %(limit)s
            """,
            {"clearing_office": CLEARING_OFFICE, "limit": limit},
        )
        yield from cur


def count_waiting(conn: Connection) -> int:
    row = conn.execute(
        """
        SELECT count(*)
          FROM cases
         WHERE authority = %(clearing_office)s
           AND status IN ('received', 'accepted', 'in_progress')
        """,
        {"clearing_office": CLEARING_OFFICE},
    ).fetchone()
    return row[0] if row else 0
