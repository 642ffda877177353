"""Cases, their events and record, and the tasks of people."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from shared.domain.case import Case, LogEntry
from shared.domain.errors import AlreadyStored, StaleCase, UnknownCase, UnknownEvent
from shared.domain.events import AWAITED, Event
from shared.domain.identifiers import CaseId
from shared.domain.task import Task

E = TypeVar("E", bound=Event)


class InMemoryCases:
    def __init__(self, wake_after: timedelta = timedelta(minutes=1)) -> None:
        self._wake_after = wake_after
        self._cases: dict[CaseId, Case] = {}
        self._events: dict[CaseId, list[Event]] = {}
        self.log: dict[CaseId, list[LogEntry]] = {}
        self.wakes: dict[CaseId, datetime | None] = {}

    def get(self, case_id: CaseId) -> Case:
        if case_id not in self._cases:
            raise UnknownCase(str(case_id))
        return self._cases[case_id]

    def add(self, case: Case, *, event: Event, entry: LogEntry) -> Case:
        if case.id in self._cases:
            raise AlreadyStored(str(case.id))
        stored = case.model_copy(update={"sequence_number": 100_000 + len(self._cases)})
        self._cases[case.id] = stored
        self._events[case.id] = [event]
        self.log[case.id] = [entry]
        self.wakes[case.id] = datetime.now(UTC) + self._wake_after
        return stored

    def save(
        self,
        case: Case,
        *,
        entry: LogEntry,
        event: Event | None = None,
        wake_at: datetime | None = None,
    ) -> None:
        stored = self._cases.get(case.id)
        if stored is None or stored.version != case.version:
            raise StaleCase(str(case.id))
        if wake_at is None and not case.rests:
            wake_at = datetime.now(UTC) + self._wake_after
        self._cases[case.id] = case.model_copy(update={"version": case.version + 1})
        self.wakes[case.id] = wake_at
        self.log[case.id].append(entry)
        if event is not None:
            self._events[case.id].append(event)

    def event(self, case_id: CaseId, event_type: type[E], round_: int) -> E:
        for event in reversed(self._events.get(case_id, [])):
            if isinstance(event, event_type) and event.round == round_:
                return event
        raise UnknownEvent(f"{event_type.type} of {case_id}, round {round_}")

    def last_event(self, case_id: CaseId) -> Event:
        if case_id not in self._events:
            raise UnknownCase(str(case_id))
        return next(each for each in reversed(self._events[case_id]) if isinstance(each, AWAITED))

    def all(self) -> list[Case]:
        return list(self._cases.values())


class InMemoryTasks:
    def __init__(self) -> None:
        self._open: dict[tuple[str, CaseId | None, str], Task] = {}

    def open(
        self,
        kind: str,
        case_id: CaseId | None,
        reason: str,
        subject: str = "",
        owner: str | None = None,
        within: timedelta | None = None,
    ) -> bool:
        key = (kind, case_id, subject)
        if key in self._open:
            return False
        self._open[key] = Task(
            id=uuid4(),
            kind=kind,
            case_id=case_id,
            subject=subject,
            reason=reason,
            opened_at=datetime.now(UTC),
            owner=owner,
            due_at=datetime.now(UTC) + within if within is not None else None,
        )
        return True

    def close(self, kind: str, case_id: CaseId | None, subject: str = "") -> bool:
        return self._open.pop((kind, case_id, subject), None) is not None

    def all_open(self) -> list[Task]:
        return list(self._open.values())
