"""Table `forwarding_receipts`: what destinations said later of what they were sent."""

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import Forwarding, ForwardingState, LaterReceipt
from shared.domain.identifiers import CaseId


class PostgresReceipts:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def new(self, case_id: CaseId) -> list[LaterReceipt]:
        """Those of the case that nothing has come of yet, in the order they came."""
        with self._conn.cursor(row_factory=class_row(LaterReceipt)) as cur:
            cur.execute(
                """
                SELECT r.id, r.forwarding_id, r.accepted, r.external_id, r.reason
                  FROM forwarding_receipts r
                  JOIN forwardings f ON f.id = r.forwarding_id
                 WHERE f.case_id = %(case_id)s AND r.applied_at IS NULL
                 ORDER BY r.id
                """,
                {"case_id": case_id},
            )
            return cur.fetchall()

    def apply(self, receipt: LaterReceipt) -> Forwarding | None:
        """Where it stands now. None if somebody is sending it at this moment: it is looked at again
        when that has ended."""
        state = ForwardingState.ACCEPTED if receipt.accepted else ForwardingState.REJECTED
        with self._conn.cursor(row_factory=class_row(Forwarding)) as cur:
            cur.execute(
                """
                UPDATE forwardings
                   SET state = CASE WHEN state = 'superseded' AND NOT %(accepted)s
                                    THEN state ELSE %(state)s END,
                       code = %(code)s, reason = %(reason)s, held_by = NULL,
                       external_id = coalesce(%(external_id)s, external_id),
                       lease_owner = NULL, lease_until = NULL
                 WHERE id = %(id)s
                   AND NOT (state = 'sending' AND lease_until > clock_timestamp())
                RETURNING id, case_id, round, tenant, destination, authority, occasion,
                          occasion_type, occasion_at, state, window_from, due_at, lease_until,
                          lease_owner, attempts, message_id, message_key,
                          encode(message_sha256, 'hex') AS message_sha256, external_id, receipt,
                          sent_at, code, reason, held_by, waived_by
                """,
                {
                    "id": receipt.forwarding_id,
                    "state": state,
                    "accepted": receipt.accepted,
                    "code": None if receipt.accepted else "rejected_later",
                    "reason": None if receipt.accepted else receipt.reason,
                    "external_id": receipt.external_id,
                },
            )
            changed = cur.fetchone()
        if changed is not None:
            self._conn.execute(
                "UPDATE forwarding_receipts SET applied_at = clock_timestamp() WHERE id = %(id)s",
                {"id": receipt.id},
            )
        return changed
