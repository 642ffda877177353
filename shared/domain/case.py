"""A case (Vorgang): where it is on its way, and the changes that are allowed to it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.domain.actor import Actor
from shared.domain.events import Event
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AccountId,
    AuthorityId,
    CaseId,
    LeikaKey,
    RegionKey,
    SenderId,
    TenantId,
    UnitId,
    event_id,
    format_case_number,
)

E = TypeVar("E", bound=Event)


class Stage(StrEnum):
    """How far the pipeline has brought the case."""

    RECEIVED = "received"
    ROUTED = "routed"
    ASSIGNED = "assigned"
    FORWARDED = "forwarded"

    def comes_after(self, other: "Stage") -> bool:
        order = list(Stage)
        return order.index(self) > order.index(other)


class Status(StrEnum):
    """What the caseworkers have made of it. German names: docs/glossary.md."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"
    IN_PROGRESS = "in_progress"
    DECIDED = "decided"
    CLOSED = "closed"
    MARKED_FOR_DELETION = "marked_for_deletion"

    @property
    def is_open(self) -> bool:
        """Somebody still has to work on it."""
        return self in (Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS)


class Case(BaseModel):
    """One application on its way. `tenant` is None in the intake zone, before it is routed."""

    model_config = ConfigDict(frozen=True)

    id: CaseId
    sequence_number: int | None = None  # given by the database when the case is stored
    sender: SenderId
    transaction_id: str
    form_id: str | None = None
    form_name: str | None = None
    leika_keys: tuple[LeikaKey, ...] = ()
    region: RegionKey | None = None
    named_unit: UnitId | None = None  # zuständige Stelle, as the sender states it
    tenant: TenantId | None = None
    authority: AuthorityId | None = None
    organizational_unit: UnitId | None = None
    assignee: AccountId | None = None
    stage: Stage = Stage.RECEIVED
    status: Status = Status.RECEIVED
    status_since: datetime
    received_at: datetime
    round: int = 1
    event_sequence: int = 0
    version: int = 1
    is_test: bool = False

    @property
    def number(self) -> str:
        """Vorgangsnummer; only a stored case has one."""
        if self.sequence_number is None:
            raise ValueError("the case is not stored yet, so it has no number")
        return format_case_number(self.sequence_number)

    @property
    def rests(self) -> bool:
        """Nothing is due by itself: the pipeline is through, or a person has to decide first."""
        return self.stage is Stage.FORWARDED or self.authority == CLEARING_OFFICE

    def routed_to(self, authority: AuthorityId, tenant: TenantId | None) -> "Case":
        return self.model_copy(
            update={"stage": Stage.ROUTED, "authority": authority, "tenant": tenant}
        )

    def rerouted_to(self, authority: AuthorityId, tenant: TenantId | None) -> "Case":
        """In its next round: new for the new one, and nothing of the old one's work stays."""
        return self.routed_to(authority, tenant).model_copy(
            update={
                "round": self.round + 1,
                "organizational_unit": None,
                "assignee": None,
                "status": Status.RECEIVED,
                "status_since": datetime.now(UTC),
            }
        )

    def assigned_to(self, unit: UnitId | None, assignee: AccountId | None) -> "Case":
        return self.model_copy(
            update={"stage": Stage.ASSIGNED, "organizational_unit": unit, "assignee": assignee}
        )

    def held_by(self, unit: UnitId | None, assignee: AccountId | None) -> "Case":
        """The same case at the same stage, with somebody else or in a tray."""
        return self.model_copy(update={"organizational_unit": unit, "assignee": assignee})

    def forwarded(self) -> "Case":
        return self.model_copy(update={"stage": Stage.FORWARDED})

    def announce(
        self, event_type: type[E], *, cause: Event | None = None, **data: Any
    ) -> tuple["Case", E]:
        """The case with its next event counted, and that event. Both are saved together."""
        sequence = self.event_sequence + 1
        event = event_type(
            id=event_id(self.id, event_type.type, sequence),
            case_id=self.id,
            sequence=sequence,
            round=self.round,
            time=datetime.now(UTC),
            traceparent=cause.traceparent if cause else None,
            **data,
        )
        return self.model_copy(update={"event_sequence": sequence}), event


class Tombstone(BaseModel):
    """What stays of a deleted case: a late retry gets its answer and brings nothing back."""

    model_config = ConfigDict(frozen=True)

    case_id: CaseId
    transaction_id: str
    sequence_number: int
    received_at: datetime

    @property
    def number(self) -> str:
        return format_case_number(self.sequence_number)


class LogEntry(BaseModel):
    """One line of a case's record. `details` holds ids and codes, never form contents."""

    model_config = ConfigDict(frozen=True)

    actor: Actor
    action: str
    details: dict[str, Any] = {}


class LoggedEntry(LogEntry):
    """As it stands in the record, at its place."""

    sequence: int
    at: datetime
