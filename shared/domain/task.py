"""A task (Aufgabe): what a person has to look at, because the pipeline cannot go on by itself."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId


class Task(BaseModel):
    """`subject` tells tasks of one kind and case apart; `reason` holds ids and codes only.

    `owner` is who sees to it, by name or office, until `due_at`.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    kind: str
    case_id: CaseId | None
    subject: str
    reason: str
    opened_at: datetime
    owner: str | None = None
    due_at: datetime | None = None
