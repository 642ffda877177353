"""Table `forwarding_receipts`, as receipts come in."""

from uuid import UUID

from pydantic import ValidationError

from functions.receive.receipts.message import ReceiptMessage
from functions.receive.receipts.ports import Sent
from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.destination_kinds import Webhook
from shared.domain.forwarding import ForwardingId
from shared.domain.identifiers import CaseId, DestinationId, TenantId


class PostgresReceipts:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def destination(self, tenant: TenantId, destination: DestinationId) -> Webhook | None:
        row = self._conn.execute(
            """
            SELECT document -> 'settings'
              FROM destinations
             WHERE tenant = %(tenant)s AND id = %(destination)s
            """,
            {"tenant": tenant, "destination": destination},
        ).fetchone()
        if row is None or row[0].get("kind") != "webhook":
            return None
        try:
            return Webhook.model_validate(row[0])
        except ValidationError:
            return None  # declared by a newer version than this one

    def case_of(
        self, message_id: UUID, tenant: TenantId, destination: DestinationId
    ) -> Sent | None:
        row = self._conn.execute(
            """
            SELECT id, case_id
              FROM forwardings
             WHERE message_id = %(message_id)s AND tenant = %(tenant)s
               AND destination = %(destination)s
            """,
            {"message_id": message_id, "tenant": tenant, "destination": destination},
        ).fetchone()
        return Sent(ForwardingId(row[0]), CaseId(row[1])) if row else None

    def add(self, message: ReceiptMessage, receipt_id: str, sent: Sent) -> None:
        self._conn.execute(
            """
            INSERT INTO forwarding_receipts (forwarding_id, receipt_id, accepted, external_id,
                                             reason)
            VALUES (%(forwarding_id)s, %(receipt_id)s, %(accepted)s, %(external_id)s, %(reason)s)
            ON CONFLICT (forwarding_id, receipt_id) DO NOTHING
            """,
            {
                "forwarding_id": sent.forwarding_id,
                "receipt_id": receipt_id,
                "accepted": message.accepted,
                "external_id": message.data.id,
                "reason": message.data.reason,
            },
        )
        # Whoever is recording the answer at this moment may not have seen it: this waits for them.
        self._conn.execute(
            "UPDATE cases SET next_wake_at = now() WHERE id = %(case_id)s",
            {"case_id": sent.case_id},
        )
