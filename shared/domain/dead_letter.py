"""A dead letter: an event, or what claimed to be one, that the broker could not deliver."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId


class DeadLetterState(StrEnum):
    OPEN = "open"
    REDRIVEN = "redriven"
    CLOSED = "closed"


class DeadLetter(BaseModel):
    """As it arrived: attributes, and data only of an event that is validly ours."""

    model_config = ConfigDict(frozen=True)

    source: str
    event_id: str
    type: str | None = None
    case_id: CaseId | None = None
    round: int | None = None
    data: dict[str, Any] | None = None
    error_code: str | None = None
    error_destination: str | None = None


class KeptDeadLetter(DeadLetter):
    """As it is kept: copies of the same letter are counted, not kept."""

    id: int
    seen: int
    first_seen_at: datetime
    last_seen_at: datetime
    state: DeadLetterState
    reason: str | None = None
