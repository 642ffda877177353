"""Polling: fetching submissions from a platform that does not deliver them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

SUBMISSION_NOT_FETCHED = "submission_not_fetched"
"""The kind of task: a platform lists a submission that could not be stored."""


class Lease(BaseModel):
    """The right to poll this sender, and nobody else's until it ends."""

    model_config = ConfigDict(frozen=True)

    sender: str
    owner: UUID
    cursors: dict[str, datetime]
    failures: int


class PolledState(StrEnum):
    STORED = "stored"
    FAILED = "failed"


class Polled(BaseModel):
    """What became of a listed submission; `is_due` says whether to go on with it now."""

    model_config = ConfigDict(frozen=True)

    transaction_id: str
    entry_sha256: bytes
    state: PolledState
    attempts: int
    is_due: bool


class PollReport(BaseModel):
    """How a sender's polls go, for people."""

    model_config = ConfigDict(frozen=True)

    sender: str
    due_at: datetime
    leased_until: datetime | None
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    not_fetched: int
    not_reported: int
