"""Forwardings as people look for them: with their case's number and what a person has to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import ForwardingId, ForwardingState
from shared.domain.identifiers import CaseId, DestinationId, TenantId, format_case_number

FAILED = (ForwardingState.REJECTED, ForwardingState.GIVEN_UP)
OPEN = (ForwardingState.PLANNED, ForwardingState.SENDING, ForwardingState.SENT)


@dataclass(frozen=True)
class Listed:
    """`owner` and `task_due_at` are those of its open task; None without one."""

    id: ForwardingId
    case_id: CaseId
    sequence_number: int
    round: int
    tenant: TenantId
    destination: DestinationId
    state: ForwardingState
    attempts: int
    due_at: datetime
    held_by: str | None
    code: str | None
    reason: str | None
    waived_by: str | None
    owner: str | None
    task_due_at: datetime | None

    @property
    def number(self) -> str:
        return format_case_number(self.sequence_number)


def forwardings_listed(
    conn: Connection,
    states: tuple[ForwardingState, ...],
    tenant: str | None = None,
    destination: str | None = None,
    case_id: CaseId | None = None,
) -> list[Listed]:
    """Of the cases' current rounds, without what was waived; the one that is due first at first."""
    wanted: dict[str, Any] = {
        "states": [str(state) for state in states],
        "tenant": tenant,
        "destination": destination,
        "case_id": case_id,
    }
    with conn.cursor(row_factory=class_row(Listed)) as cur:
        cur.execute(
            """
            SELECT f.id, f.case_id, c.sequence_number, f.round, f.tenant, f.destination, f.state,
                   f.attempts, f.due_at, f.held_by, f.code, f.reason, f.waived_by, t.owner,
                   t.due_at AS task_due_at
              FROM forwardings f
              JOIN cases c ON c.id = f.case_id AND c.round = f.round
              LEFT JOIN tasks t ON t.case_id = f.case_id AND t.subject = f.id::text
                   AND t.kind = 'forwarding_failed' AND t.closed_at IS NULL
             WHERE f.state = ANY (%(states)s) AND f.waived_by IS NULL
               AND (%(tenant)s::text IS NULL OR f.tenant = %(tenant)s)
               AND (%(destination)s::text IS NULL OR f.destination = %(destination)s)
               AND (%(case_id)s::uuid IS NULL OR f.case_id = %(case_id)s)
             ORDER BY coalesce(t.due_at, f.due_at), f.id
            """,
            wanted,
        )
        return cur.fetchall()


def entrust(
    conn: Connection, forwarding_id: ForwardingId, owner: str, due_at: datetime | None
) -> bool:
    """Give its task to somebody; without a date that stays as it is. False if it has none."""
    cur = conn.execute(
        """
        UPDATE tasks
           SET owner = %(owner)s, due_at = coalesce(%(due_at)s, due_at)
         WHERE kind = 'forwarding_failed' AND subject = %(subject)s AND closed_at IS NULL
        """,
        {"owner": owner, "due_at": due_at, "subject": str(forwarding_id)},
    )
    return cur.rowcount > 0
