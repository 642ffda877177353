"""What the door for receipts asks of the database, within one transaction."""

from typing import NamedTuple, Protocol
from uuid import UUID

from functions.receive.receipts.message import ReceiptMessage
from shared.domain.configuration.destination_kinds import Webhook
from shared.domain.forwarding import ForwardingId
from shared.domain.identifiers import CaseId, DestinationId, TenantId


class Sent(NamedTuple):
    forwarding_id: ForwardingId
    case_id: CaseId


class Receipts(Protocol):
    def destination(self, tenant: TenantId, destination: DestinationId) -> Webhook | None:
        """None if there is no such destination, or it is of another kind."""
        ...

    def case_of(
        self, message_id: UUID, tenant: TenantId, destination: DestinationId
    ) -> Sent | None:
        """None if no such message was sent there."""
        ...

    def add(self, message: ReceiptMessage, receipt_id: str, sent: Sent) -> None:
        """Once, and let `recover` wake the case."""
        ...
