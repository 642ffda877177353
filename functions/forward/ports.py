"""What only forward asks of the case store, beside the ports it shares with other functions."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.domain.case import LogEntry, LoggedEntry
from shared.domain.configuration.destinations import Destination
from shared.domain.destination_standing import HeldBy, Standing
from shared.domain.events import Event
from shared.domain.forwarding import (
    Forwarding,
    ForwardingId,
    ForwardingState,
    LaterReceipt,
    Receipt,
)
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

    def of_case(self, case_id: CaseId) -> tuple[LoggedEntry, ...]:
        """The whole record, the oldest entry first."""
        ...


class Forwardings(Protocol):
    def plan(self, forwardings: Collection[Forwarding]) -> None:
        """Those that are planned already stay as they are."""
        ...

    def occasions(self, case_id: CaseId, round_: int) -> frozenset[EventId]:
        """The events that something was planned for."""
        ...

    def claimable(
        self, case_id: CaseId, round_: int, in_line_for: DestinationId | None = None
    ) -> list[Forwarding]:
        """Due, and nobody is at it (any more); also what stands in line for a destination. By
        destination. The caller holds the lock on the case."""
        ...

    def first_in_line(self, tenant: TenantId, destination: DestinationId) -> CaseId | None:
        """The case whose message waits longest for a destination; it is locked from now on."""
        ...

    def has_line(self, tenant: TenantId, destination: DestinationId) -> bool:
        """Whether a message waits for a destination that was due already."""
        ...

    def left_behind(self, case_id: CaseId, round_: int) -> list[Forwarding]:
        """Of older rounds: begun, overtaken, and not taken away yet."""
        ...

    def next_due(self, case_id: CaseId, round_: int) -> datetime | None:
        """When the next one is due, or the lease on it ends. None if nothing is open."""
        ...

    def unsettled(self, case_id: CaseId, round_: int) -> int:
        """How many are neither accepted nor waived by a person."""
        ...

    def accepted(self, case_id: CaseId, round_: int) -> tuple[DestinationId, ...]: ...

    def send_again(self, forwarding_id: ForwardingId) -> bool:
        """Due now, with a new window. False if it did not fail."""
        ...

    def waive(self, forwarding_id: ForwardingId, account: str) -> bool:
        """The case goes on without it. False if it did not fail."""
        ...


class Claims(Protocol):
    """All that ends a claim asks who owns it, and changes nothing for another."""

    def hold(self, forwarding_id: ForwardingId, held_by: HeldBy, until: datetime) -> None:
        """Not now. The caller holds the lock on the case, and nobody is at it."""
        ...

    def claim(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> int:
        """Nobody else's until the lease ends. The number of this attempt."""
        ...

    def renew(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> bool:
        """False if it is not ours any more, or the case now belongs to another authority."""
        ...

    def steps(self, forwarding_id: ForwardingId) -> frozenset[str]:
        """What of the hand-over is done, over all attempts."""
        ...

    def note(self, forwarding_id: ForwardingId, step: str, number: int) -> None: ...

    def forget_steps(self, forwarding_id: ForwardingId) -> None: ...

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
        external_id: str | None = None,
    ) -> None:
        """Also of an attempt whose lease was lost meanwhile: what happened, happened."""
        ...

    def accept(self, forwarding_id: ForwardingId, owner: UUID, receipt: Receipt) -> bool:
        """That it was accepted is kept also if the case went to another authority meanwhile."""
        ...

    def sent(
        self,
        forwarding_id: ForwardingId,
        owner: UUID,
        receipt: Receipt,
        ask_after_seconds: float,
        within_seconds: float,
    ) -> ForwardingState | None:
        """Asked after next, or given up if there is no receipt after so long. None if it is not
        ours any more."""
        ...

    def reject(
        self, forwarding_id: ForwardingId, owner: UUID, code: str | None, reason: str | None
    ) -> bool: ...

    def postpone(
        self,
        forwarding_id: ForwardingId,
        owner: UUID,
        delay: float,
        window: float,
        code: str | None,
    ) -> ForwardingState | None:
        """Due anew, at the latest when the window ends; given up if it has ended. None if it is
        not ours any more."""
        ...

    def release(self, forwarding_id: ForwardingId, owner: UUID) -> None:
        """As if it had not been claimed; of an older round it is never due again."""
        ...


class Standings(Protocol):
    """Whoever locks several destinations locks them in the order of their ids."""

    def clock(self) -> datetime: ...

    def locked(self, tenant: TenantId, destination: DestinationId) -> Standing:
        """How it goes there; nobody else's until the transaction ends."""
        ...

    def sending(self, tenant: TenantId, destination: DestinationId) -> int:
        """How many are being sent to it now."""
        ...

    def save(self, standing: Standing) -> None: ...


class Receipts(Protocol):
    def new(self, case_id: CaseId) -> list[LaterReceipt]:
        """Those of the case that nothing has come of yet, in the order they came."""
        ...

    def apply(self, receipt: LaterReceipt) -> Forwarding | None:
        """Where it stands now. None if somebody is sending it at this moment."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: ForwardingCases
    events: Events
    destinations: Destinations
    forwardings: Forwardings
    claims: Claims
    standings: Standings
    receipts: Receipts
    submissions: Submissions
    attachments: Attachments
    scans: Scans
    tasks: Tasks
    log: CaseLog


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
