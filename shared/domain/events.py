"""Every event that travels between the functions: ids and codes only, never a person's data.

Data only ever gains optional fields; unknown ones are ignored; a new meaning is a new version.
"""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import (
    AccountId,
    AuthorityId,
    CaseId,
    DestinationId,
    EventId,
    SenderId,
    TenantId,
    UnitId,
)


class Event(BaseModel):
    """The attributes all events share; what a subclass adds is the event's data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    source: ClassVar[str]

    id: EventId
    case_id: CaseId
    sequence: int
    round: int
    time: datetime
    traceparent: str | None = None

    def data(self) -> dict[str, Any]:
        """What travels as the CloudEvent's data, ready for JSON."""
        return {
            "case_id": str(self.case_id),
            "sequence": self.sequence,
            **self.model_dump(mode="json", exclude=_ATTRIBUTES, exclude_none=True),
        }


_ATTRIBUTES = set(Event.model_fields)


class CaseReceived(Event):
    """An application is durable: the case exists."""

    type = "de.antragslotse.case.received.v1"
    source = "/functions/receive"

    sender: SenderId


class CaseRouted(Event):
    """An authority is responsible; or nobody could tell, and the clearing office decides."""

    type = "de.antragslotse.case.routed.v1"
    source = "/functions/route"

    authority: AuthorityId
    tenant: TenantId | None = None


class CaseAssigned(Event):
    """A caseworker has the case; without an assignee it lies in the unit's team tray."""

    type = "de.antragslotse.case.assigned.v1"
    source = "/functions/assign"

    authority: AuthorityId
    organizational_unit: UnitId | None = None
    assignee: AccountId | None = None


class CaseForwardingRequested(Event):
    """A person wants the case sent to a destination now."""

    type = "de.antragslotse.case.forwarding-requested.v1"
    source = "/functions/cases"

    destination: DestinationId


class CaseStatusChanged(Event):
    """A caseworker has moved the case on."""

    type = "de.antragslotse.case.status-changed.v1"
    source = "/functions/cases"

    status: str


class CaseDecided(Event):
    """A caseworker has decided: what is due on a decision is sent now."""

    type = "de.antragslotse.case.decided.v1"
    source = "/functions/cases"


class CaseClosed(Event):
    """The work on the case is done: what is due on closing is sent now."""

    type = "de.antragslotse.case.closed.v1"
    source = "/functions/cases"


class CaseForwarded(Event):
    """Every destination that was due has accepted, or was given up by a person."""

    type = "de.antragslotse.case.forwarded.v1"
    source = "/functions/forward"

    destinations: tuple[DestinationId, ...] = ()


EVENT_TYPES: dict[str, type[Event]] = {
    event.type: event
    for event in (
        CaseReceived,
        CaseRouted,
        CaseAssigned,
        CaseForwardingRequested,
        CaseStatusChanged,
        CaseDecided,
        CaseClosed,
        CaseForwarded,
    )
}

AWAITED = (
    CaseReceived,
    CaseRouted,
    CaseAssigned,
    CaseForwardingRequested,
    CaseDecided,
    CaseClosed,
)
"""What a function waits for: to wake a case is to send the last of these again."""
