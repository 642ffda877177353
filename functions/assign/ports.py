"""What assign works on within one transaction, and whom it asks between them."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from functions.assign.consent import Consent
from functions.assign.particulars import Particulars
from functions.assign.search import Asking
from shared.domain.case import Case, LogEntry
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId, CaseId, TenantId
from shared.ports import Assignments, Cases, NoticeBox, OwnSettings, Tasks


class ParticularsOfCases(Protocol):
    def of(self, case_id: CaseId, round_: int) -> Particulars:
        """Raise UnknownCase if there is none."""
        ...


class Holdings(Protocol):
    """Who holds which open cases."""

    def save(self, case: Case, *, entry: LogEntry) -> None:
        """Store the case's unit and assignee, and nothing else of it; and the record of it.

        What it waits for stays as it is. Raise StaleCase if the case changed since it was read.
        """
        ...

    def holders(self, tenant: TenantId, authorities: Collection[str]) -> Sequence[AccountId]:
        """Everyone who has an open case of one of these authorities."""
        ...

    def held_by(
        self, account: AccountId, tenant: TenantId, authorities: Collection[str]
    ) -> Sequence[CaseId]:
        """The open cases of these authorities that this account has."""
        ...


class Consents(Protocol):
    def get(self, case_id: CaseId) -> Consent | None: ...

    def put(self, consent: Consent) -> None:
        """A former one is replaced."""
        ...

    def remove(self, case_id: CaseId) -> None: ...


class DirectoryChecks(Protocol):
    def claim(self, tenant: TenantId, directory: str, every: timedelta) -> bool:
        """Whether it is due, and ours to check; the next one is due after that time."""
        ...

    def note(self, tenant: TenantId, directory: str, failure: str | None, *, soon: bool) -> None:
        """What came of it; `soon`: it is due again in a minute."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: Cases
    assignments: Assignments
    own_settings: OwnSettings
    notices: NoticeBox
    particulars: ParticularsOfCases
    holdings: Holdings
    consents: Consents
    checks: DirectoryChecks
    tasks: Tasks


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""

AskingOf = Callable[[TenantId, Directory], Asking]
