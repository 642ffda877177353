"""What only recover and redrive ask of the case store, beside the ports shared with others."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.dead_letter import DeadLetter, DeadLetterState, KeptDeadLetter
from shared.domain.events import Event
from shared.domain.identifiers import CaseId, UploadId
from shared.domain.waking import DueCases, Stalled, Wake
from shared.ports import Tasks


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


class Uploads(Protocol):
    def expire_older_than(self, age: timedelta, limit: int) -> list[UploadId]:
        """From now on a case can no longer consume these attempts."""
        ...

    def expired_for(self, age: timedelta, limit: int) -> list[UploadId]: ...

    def remove(self, upload_id: UploadId) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    wakes: Wakes
    events: Events
    tasks: CountedTasks
    dead_letters: DeadLetters
    uploads: Uploads


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
