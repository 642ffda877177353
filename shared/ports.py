"""What the decisions ask of the outside world, and the errors each answer may raise.

Every method may raise Unavailable. Adapters work inside the caller's transaction and never commit.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case, LogEntry
from shared.domain.caseworkers import Account, Members, OwnSetting, Target
from shared.domain.configuration.directories import Directory
from shared.domain.directory import DirectoryExtract
from shared.domain.events import Event
from shared.domain.identifiers import (
    AccountId,
    CaseId,
    LeikaKey,
    TenantId,
    UnitId,
)
from shared.domain.notice import Notice
from shared.domain.regions import Place
from shared.domain.routing import RoutingDecision
from shared.domain.rulebook import Rulebook
from shared.domain.submission import FormField
from shared.domain.task import Task

E = TypeVar("E", bound=Event)


class Cases(Protocol):
    def get(self, case_id: CaseId) -> Case:
        """Raise UnknownCase if there is none."""
        ...

    def add(self, case: Case, *, event: Event, entry: LogEntry) -> Case:
        """Store a new case, its first event and the record of it; return it with its number.

        Raise AlreadyStored, and change nothing, if its sender and transaction id are known: also
        if that case has been deleted since.
        """
        ...

    def save(
        self,
        case: Case,
        *,
        entry: LogEntry,
        event: Event | None = None,
        wake_at: datetime | None = None,
    ) -> None:
        """Store a change, the event it causes and the record of it, together.

        The case is woken at `wake_at`; without it after the configured time, or not at all if it
        rests. Raise StaleCase if the case changed since it was read.
        """
        ...

    def event(self, case_id: CaseId, event_type: type[E], round_: int) -> E:
        """The latest event of this type in this round. Raise UnknownEvent if there is none."""
        ...

    def last_event(self, case_id: CaseId) -> Event:
        """The last one that a function waits for: `recover` sends it again. Raise UnknownCase."""
        ...


class Tasks(Protocol):
    def open(
        self,
        kind: str,
        case_id: CaseId | None,
        reason: str,
        subject: str = "",
        owner: str | None = None,
        within: timedelta | None = None,
    ) -> bool:
        """Tell a person: `owner` is who sees to it, `within` that time. False, and nothing is
        changed, if this task is open already."""
        ...

    def close(self, kind: str, case_id: CaseId | None, subject: str = "") -> bool:
        """It is done. False if no such task is open."""
        ...

    def all_open(self) -> list[Task]:
        """The oldest first."""
        ...


class ObjectWriter(Protocol):
    """Takes one object's bytes as they come; `size` and `sha256` count what was written."""

    size: int

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None:
        """The object is durable now. Raise AlreadyStored if its key is taken."""
        ...

    def abort(self) -> None:
        """Keep nothing of what was written; never raises."""
        ...


class ObjectStore(Protocol):
    """Objects are written once and never overwritten."""

    def writer(self, key: str, media_type: str | None = None) -> ObjectWriter:
        """Nothing is asked of the store before there is something to send."""
        ...

    def put(self, key: str, data: bytes, media_type: str | None = None) -> None:
        """Raise AlreadyStored if the key is taken by other content."""
        ...

    def size(self, key: str) -> int | None:
        """In bytes. None if there is no such object."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces. Raise UnknownObject if there is none."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Those that are not there are no error."""
        ...

    def keys(self, prefix: str) -> Iterator[str]: ...


class AuthorityDirectory(Protocol):
    def look_up(
        self, keys: Sequence[LeikaKey], place: Place, unit: UnitId | None, on: date
    ) -> DirectoryExtract:
        """All that the version asked says of these services, this place and this unit.

        Places are located by `locating.locate`. Responsibilities: for each municipality that the
        place may be, every entry for the services or broader ones in an area that contains it;
        without a municipality, the named units' own entries for the services, one for all their
        regions. Raise Unavailable if no version is active yet.
        """
        ...


class Rulebooks(Protocol):
    def for_case(self, case: Case) -> Rulebook:
        """What the tenants that take the sender's applications, and the form, have declared."""
        ...


class FormFields(Protocol):
    def of(self, case_id: CaseId) -> tuple[FormField, ...]:
        """What was filled in. Raise UnknownCase if there is none."""
        ...


class Routings(Protocol):
    def add(self, case_id: CaseId, round_: int, decision: RoutingDecision) -> None:
        """Store why the case went where it went, together with `Cases.save`."""
        ...

    def get(self, case_id: CaseId, round_: int) -> RoutingDecision | None:
        """None while the round is undecided."""
        ...


class CaseworkerDirectory(Protocol):
    """What an authority's directory says. Nothing outside of its `base` is there.

    Goes over the network: not within a transaction. Every method raises Unavailable if the
    directory does not answer or refuses us, and NotAnswered for a question whose answer it cuts
    short, or that it does not take.
    """

    def members(self, directory: Directory, target: Target) -> Members | None:
        """Everyone in the target; None if the directory has no such group or unit."""
        ...

    def accounts(
        self, directory: Directory, ids: Collection[AccountId]
    ) -> Mapping[AccountId, Account]:
        """Those of them that are there; who was deleted, or moved out of it, is not."""
        ...

    def named(self, directory: Directory, dns: Collection[str]) -> Mapping[str, Account]:
        """By distinguished name, as `Account.deputy` and `manager` are; who is not there is not."""
        ...

    def addresses(self, directory: Directory, ids: Collection[str]) -> Mapping[str, str]:
        """Mail addresses of accounts, groups and units, by their id; who has none is not there."""
        ...


class Assignments(Protocol):
    def wait_for_turn(self, tenant: TenantId, directory: str) -> None:
        """Until the transaction ends, nobody else has the turn for this directory's people.

        Whoever counts open cases takes it first, and reads afterwards.
        """
        ...

    def open_cases(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, int]:
        """How many open cases of the tenant each of these has: an entry for every one.

        Another tenant's directory may call somebody else the same.
        """
        ...

    def last_in_turn(self, tenant: TenantId, rule: str) -> AccountId | None:
        """To whom the rule's strategy gave its last case; the caller has the turn."""
        ...

    def holders_of(
        self, applicant: bytes, tenant: TenantId, besides: CaseId
    ) -> Sequence[AccountId]:
        """Who has other open cases of this applicant: whoever has the latest of them first.

        A case that was re-routed since is another authority's, and does not count.
        """
        ...

    def add(
        self,
        case_id: CaseId,
        round_: int,
        decision: AssignmentDecision,
        applicant: bytes | None = None,
    ) -> None:
        """Store why the case lies with whom it lies, after what was stored of the round before.

        Whoever a strategy chose has had their turn of the rule (`AssignmentDecision.takes_turn`).
        The caller has changed the case in this transaction, so that nobody else adds at once.
        """
        ...

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        """How the round was assigned; None while it is not."""
        ...

    def of_case(self, case_id: CaseId) -> Sequence[tuple[int, AssignmentDecision]]:
        """All of it with its round, in the order in which it was decided."""
        ...


class OwnSettings(Protocol):
    def of(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, OwnSetting]:
        """What was told to us; absences that are not over yet. Who told nothing is not there."""
        ...


class NoticeBox(Protocol):
    def add(self, notice: Notice) -> None:
        """Have it sent, some time after the transaction has ended."""
        ...
