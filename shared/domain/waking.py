"""Waking a case: sending its last event again, because nothing has happened for too long."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.domain.case import Stage
from shared.domain.identifiers import CaseId

CASE_STALLED = "case_stalled"
"""The kind of task: a case was woken again and again, and nothing came of it."""


class Wake(BaseModel):
    """The right to wake this case, and nobody else's until then."""

    model_config = ConfigDict(frozen=True)

    case_id: CaseId
    leased_until: datetime


class Stalled(BaseModel):
    model_config = ConfigDict(frozen=True)

    case_id: CaseId
    stage: Stage
    attempts: int


class DueCases(BaseModel):
    """The cases of one stage that are due now; `attempts` is the most that one of them had."""

    model_config = ConfigDict(frozen=True)

    stage: Stage
    count: int
    oldest: datetime
    attempts: int
