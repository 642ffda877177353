"""What only recover and redrive ask of the case store, beside the ports shared with others."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.case import LogEntry
from shared.domain.dead_letter import DeadLetter, DeadLetterState, KeptDeadLetter
from shared.domain.events import Event
from shared.domain.identifiers import CaseId, UploadId
from shared.domain.malware import Pending, ScanClaim, ScanResult
from shared.domain.waking import DueCases, Stalled, Wake
from shared.ports import Tasks


class MalwareScanner(Protocol):
    def ping(self) -> None:
        """Raise Unavailable if it is away."""
        ...

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        """Clean, infected, or not scannable. No verdict before the last of the pieces was taken,
        except that they are too many: what reading them raises, this raises.

        Goes over the network: not within a transaction. Raise Unavailable if it is away, and
        ScanBroken if it was there and broke off.
        """
        ...


class Wakes(Protocol):
    def clock(self) -> datetime:
        """The database's: one for all replicas."""
        ...

    def claim(self, due_before: datetime, attempts: int, limit: int) -> list[Wake]:
        """The oldest that are due and were woken less often; leased, each time for longer."""
        ...

    def give_back(self, wakes: Sequence[Wake]) -> None:
        """Due again, as if not tried; except what has moved on meanwhile."""
        ...

    def stall(self, attempts: int, limit: int) -> list[Stalled]:
        """Stop waking the cases that are due after so many attempts."""
        ...

    def moved_on(self) -> list[CaseId]:
        """The cases with an open task of stalling that do not stall any more."""
        ...

    def due_per_stage(self) -> list[DueCases]: ...


class Events(Protocol):
    def last_of(self, case_ids: Iterable[CaseId]) -> dict[CaseId, Event]:
        """The last event of each case. One that this version cannot read is left out."""
        ...


class CountedTasks(Tasks, Protocol):
    def count_open(self) -> dict[str, int]:
        """By kind."""
        ...


class DeadLetters(Protocol):
    def keep(self, letter: DeadLetter) -> None:
        """A copy is counted. A redriven one that comes again is open again."""
        ...

    def open_of(self, case_id: CaseId) -> list[KeptDeadLetter]: ...

    def settle(self, letter_id: int, state: DeadLetterState, reason: str) -> None: ...

    def count_open(self) -> int: ...


class Scans(Protocol):
    def claim(self, due_before: datetime, limit: int, lease_seconds: float) -> list[ScanClaim]:
        """The oldest that are pending and due; leased, each time for longer."""
        ...

    def give_back(self, claims: Sequence[ScanClaim]) -> None:
        """Due again, as if not tried; except what has been decided or leased anew meanwhile."""
        ...

    def settle(self, claim: ScanClaim, result: ScanResult) -> bool:
        """The caller holds the lock on the case. False, and nothing is changed, if a person has
        decided meanwhile, or the lease has ended and is another's."""
        ...

    def holding(self, case_id: CaseId) -> bool:
        """Whether a file of the case keeps it from being forwarded."""
        ...

    def pending(self) -> Pending: ...

    def scanner_asked(self, *, answered: bool) -> None:
        """Note it for `lotse status`."""
        ...


class Uploads(Protocol):
    def expire_older_than(self, age: timedelta, limit: int) -> list[UploadId]:
        """From now on a case can no longer consume these attempts."""
        ...

    def expired_for(self, age: timedelta, limit: int) -> list[UploadId]: ...

    def remove(self, upload_id: UploadId) -> None: ...


class HeldCases(Protocol):
    def lock(self, case_id: CaseId) -> None: ...

    def wake_held(self, case_id: CaseId) -> None:
        """Due now, if it is not due anyway; the caller holds the lock on it."""
        ...


class CaseLog(Protocol):
    def append(self, case_id: CaseId, entry: LogEntry) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    wakes: Wakes
    events: Events
    tasks: CountedTasks
    dead_letters: DeadLetters
    uploads: Uploads
    scans: Scans
    cases: HeldCases
    log: CaseLog


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
