"""What a sender is told about a stored application; a repeat is told the same."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.identifiers import CaseId


@dataclass(frozen=True, slots=True)
class Receipt:
    """As it was at the first delivery, whatever has become of the case since."""

    case_id: CaseId
    number: str
    transaction_id: str
    received_at: datetime
