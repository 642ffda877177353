"""What assign works on, in memory or over Postgres, without a function around it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from functions.assign.answers import Answer, Answers
from functions.assign.consent import Consent
from functions.assign.own_statements import StatedAbsence
from functions.assign.particulars import Particulars
from functions.assign.ports import AskingOf, Stores
from shared.adapters.memory import (
    InMemoryAssignments,
    InMemoryCases,
    InMemoryNoticeBox,
    InMemoryOwnSettings,
    InMemoryTasks,
)
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.caseworkers import Absence, OwnSetting, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import AccountId, CaseId, TenantId
from shared.ports import CaseworkerDirectory

Question = tuple[TenantId, str, str, Target]


class InMemoryKeptAnswers:
    def __init__(self) -> None:
        self._answers: dict[Question, Answer] = {}

    def keep(self, tenant: TenantId, directory: Directory, target: Target, answer: Answer) -> None:
        kept = self._answers.get(_question(tenant, directory, target))
        if kept is None or kept.answered_at < answer.answered_at:
            self._answers[_question(tenant, directory, target)] = answer

    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        return self._answers.get(_question(tenant, directory, target))


def _question(tenant: TenantId, directory: Directory, target: Target) -> Question:
    return (
        tenant,
        directory.id,
        directory.model_dump_json(include={"kind", "base", "mapping"}),
        target,
    )


class InMemoryParticulars:
    def __init__(self) -> None:
        self.known: dict[CaseId, Particulars] = {}

    def of(self, case_id: CaseId, round_: int) -> Particulars:
        if case_id not in self.known:
            raise UnknownCase(str(case_id))
        return self.known[case_id]


class InMemoryHoldings:
    def __init__(self, cases: InMemoryCases) -> None:
        self._cases = cases

    def save(self, case: Case, *, entry: LogEntry) -> None:
        stored, wake_at = self._cases.get(case.id), self._cases.wakes[case.id]
        moved = stored.held_by(case.organizational_unit, case.assignee)
        versioned = moved.model_copy(update={"version": case.version})
        self._cases.save(versioned, entry=entry, wake_at=wake_at)
        self._cases.wakes[case.id] = wake_at

    def holders(self, tenant: TenantId, authorities: Collection[str]) -> Sequence[AccountId]:
        held = {case.assignee for case in self._open(tenant, authorities)}
        return sorted(account for account in held if account is not None)

    def held_by(
        self, account: AccountId, tenant: TenantId, authorities: Collection[str]
    ) -> Sequence[CaseId]:
        return [c.id for c in self._open(tenant, authorities) if c.assignee == account]

    def _open(self, tenant: TenantId, authorities: Collection[str]) -> list[Case]:
        return [
            case
            for case in self._cases.all()
            if case.tenant == tenant and case.authority in authorities and case.status.is_open
        ]


class InMemoryConsents:
    def __init__(self) -> None:
        self._consents: dict[CaseId, Consent] = {}

    def get(self, case_id: CaseId) -> Consent | None:
        return self._consents.get(case_id)

    def put(self, consent: Consent) -> None:
        self._consents[consent.case_id] = consent

    def remove(self, case_id: CaseId) -> None:
        self._consents.pop(case_id, None)


class InMemoryDirectoryChecks:
    """Always due."""

    def __init__(self) -> None:
        self.notes: list[tuple[str | None, bool]] = []

    def claim(self, tenant: TenantId, directory: str, every: timedelta) -> bool:
        return True

    def note(self, tenant: TenantId, directory: str, failure: str | None, *, soon: bool) -> None:
        self.notes.append((failure, soon))


class InMemoryOwnStatements:
    """Told and read."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._ids = count(1)
        self._absences: dict[int, StatedAbsence] = {}
        self._capacities: dict[tuple[TenantId, AccountId], int | None] = {}

    def add_absence(
        self, tenant: TenantId, account: AccountId, absence: Absence, actor: Actor
    ) -> int:
        id_ = next(self._ids)
        self._absences[id_] = StatedAbsence(id_, tenant, account, absence)
        return id_

    def absence(self, id_: int) -> StatedAbsence | None:
        return self._absences.get(id_)

    def revoke(self, id_: int, actor: Actor) -> None:
        self._absences.pop(id_, None)

    def set_capacity(
        self, tenant: TenantId, account: AccountId, percent: int | None, actor: Actor
    ) -> None:
        self._capacities[tenant, account] = percent

    def of(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, OwnSetting]:
        found = {id_: self._setting(tenant, id_) for id_ in accounts}
        return {id_: own for id_, own in found.items() if own != OwnSetting()}

    def _setting(self, tenant: TenantId, account: AccountId) -> OwnSetting:
        now = self._now()
        stated = [
            each.absence
            for each in self._absences.values()
            if (each.tenant, each.account) == (tenant, account)
            and (each.absence.ends_at is None or each.absence.ends_at > now)
        ]
        stated.sort(key=lambda absence: absence.starts_at)
        return OwnSetting(capacity=self._capacities.get((tenant, account)), absences=tuple(stated))


def stores_in_memory() -> Stores:
    """All of them, over the same cases."""
    cases = InMemoryCases()
    return Stores(
        cases=cases,
        assignments=InMemoryAssignments(cases),
        own_settings=InMemoryOwnSettings(),
        notices=InMemoryNoticeBox(),
        particulars=InMemoryParticulars(),
        holdings=InMemoryHoldings(cases),
        consents=InMemoryConsents(),
        checks=InMemoryDirectoryChecks(),
        tasks=InMemoryTasks(),
    )


def asking(directory: CaseworkerDirectory) -> AskingOf:
    return Answers(directory, InMemoryKeptAnswers()).of
