"""What only forward asks of the case store, beside the ports it shares with other functions."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.domain.case import LogEntry
from shared.domain.configuration.destinations import Destination
from shared.domain.events import Event
from shared.domain.forwarding import Forwarding, ForwardingId, ForwardingState, Receipt
from shared.domain.identifiers import CaseId, DestinationId, EventId, TenantId
from shared.domain.submission import Attachment, Submission
from shared.ports import Cases, Tasks


class ForwardingCases(Cases, Protocol):
    def lock(self, case_id: CaseId) -> None:
        """Hold the case until the transaction ends: of two handlers, one comes after the other."""
        ...

    def wake_at(self, case_id: CaseId, when: datetime | None) -> None:
        """When its last event is to be sent again; None while it waits for a person."""
        ...


class Events(Protocol):
    def in_round(
        self, case_id: CaseId, round_: int, event_types: Iterable[type[Event]]
    ) -> list[Event]:
        """Those of these types, in the order they happened."""
        ...


class Destinations(Protocol):
    def of_tenant(self, tenant: TenantId) -> list[Destination]: ...


class Original(Protocol):
    @property
    def data(self) -> bytes | None:
        """None where it lies in the object store, as one of the attachments."""
        ...

    @property
    def media_type(self) -> str | None: ...


class Submissions(Protocol):
    def get(self, case_id: CaseId) -> Submission: ...

    def original(self, case_id: CaseId) -> Original: ...


class Attachments(Protocol):
    def of_case(self, case_id: CaseId) -> list[Attachment]: ...


class Scans(Protocol):
    def holding(self, case_id: CaseId) -> bool:
        """Whether a file of the case waits to be scanned, or for a person's decision.

        Only the lock on the case makes sure that whoever ends the wait wakes it.
        """
        ...


class CaseLog(Protocol):
    def append(self, case_id: CaseId, entry: LogEntry) -> None: ...


class Forwardings(Protocol):
    """All that changes a claimed forwarding asks who owns it, and changes nothing for another."""

    def plan(self, forwardings: Collection[Forwarding]) -> None:
        """Those that are planned already stay as they are."""
        ...

    def occasions(self, case_id: CaseId, round_: int) -> frozenset[EventId]:
        """The events that something was planned for."""
        ...

    def claimable(self, case_id: CaseId, round_: int) -> list[Forwarding]:
        """Due, and nobody is at it (any more). The caller holds the lock on the case."""
        ...

    def claim(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> int:
        """Nobody else's until the lease ends. The number of this attempt."""
        ...

    def renew(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> bool:
        """False if it is not ours any more, or the case now belongs to another authority."""
        ...

    def freeze(self, forwarding_id: ForwardingId, message_sha256: str) -> str:
        """Record which bytes the message has, once; the hash that is recorded now."""
        ...

    def end_attempt(
        self,
        forwarding_id: ForwardingId,
        number: int,
        outcome: str,
        status: int | None = None,
        code: str | None = None,
    ) -> None: ...

    def accept(self, forwarding_id: ForwardingId, owner: UUID, receipt: Receipt) -> bool: ...

    def reject(self, forwarding_id: ForwardingId, owner: UUID) -> bool: ...

    def postpone(
        self, forwarding_id: ForwardingId, owner: UUID, delay: float, window: float
    ) -> ForwardingState | None:
        """Planned anew, or given up if the window has ended. None if it is not ours any more."""
        ...

    def release(self, forwarding_id: ForwardingId, owner: UUID) -> None: ...

    def next_due(self, case_id: CaseId, round_: int) -> datetime | None:
        """When the next one is due, or the lease on it ends. None if nothing is open."""
        ...

    def unsettled(self, case_id: CaseId, round_: int) -> int:
        """How many are neither accepted nor waived by a person."""
        ...

    def accepted(self, case_id: CaseId, round_: int) -> tuple[DestinationId, ...]: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: ForwardingCases
    events: Events
    destinations: Destinations
    forwardings: Forwardings
    submissions: Submissions
    attachments: Attachments
    scans: Scans
    tasks: Tasks
    log: CaseLog


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
