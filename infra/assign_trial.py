"""Whom a case would be given to: decided by the function's own use case, and nothing is stored."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.assign.answers import Answer, Answers
from functions.assign.assign import assign
from functions.assign.assignments import PostgresAssignments
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.particulars import Particulars
from functions.assign.ports import Stores
from functions.assign.rules import TenantRules
from functions.assign.stores import stores_over
from shared.adapters.memory import InMemoryCases, InMemoryNoticeBox
from shared.adapters.postgres.pool import Connection
from shared.domain.actor import Actor
from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case, LogEntry
from shared.domain.caseworkers import Target
from shared.domain.configuration.directories import Directory
from shared.domain.events import CaseRouted
from shared.domain.identifiers import AccountId, AuthorityId, CaseId, TenantId
from shared.ports import CaseworkerDirectory

Connect = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True)
class Trial:
    """A case of an authority, or as if it were one; without `at` it is decided now."""

    case: Case
    authority: AuthorityId
    tenant: TenantId
    declared: TenantRules
    particulars: Particulars
    at: datetime | None = None


def decide_trial(
    trial: Trial, connect: Connect, directory: CaseworkerDirectory
) -> AssignmentDecision:
    """Raise Unavailable if the directory is away, and nothing recent is known of it."""
    cases = InMemoryCases()
    event = _as_if_routed(trial, cases)
    decided: list[AssignmentDecision] = []

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with connect() as conn:
            yield replace(
                stores_over(conn, timedelta()),
                cases=cases,
                assignments=_Assignments(PostgresAssignments(conn), trial.case, decided),
                notices=InMemoryNoticeBox(),
                particulars=_Given(trial.particulars),
            )

    answers = Answers(directory, ReadOnlyAnswers(PostgresKeptAnswers(connect)))
    assign(event, lambda _: trial.declared, answers.of, transactions, lambda: trial.at or _now())
    (decision,) = decided
    return decision


def _now() -> datetime:
    return datetime.now(UTC)


def _as_if_routed(trial: Trial, cases: InMemoryCases) -> CaseRouted:
    unassigned = trial.case.model_copy(update={"organizational_unit": None, "assignee": None})
    case = unassigned.routed_to(trial.authority, trial.tenant)
    case, event = case.announce(CaseRouted, authority=trial.authority, tenant=trial.tenant)
    if trial.at is not None:
        event = event.model_copy(update={"time": trial.at})
    cases.add(case, event=event, entry=LogEntry(actor=Actor.system("assign"), action="case.routed"))
    return event


class _Assignments:
    """Reads what there is as if the case were nobody's, and keeps what is decided for itself."""

    def __init__(
        self, stored: PostgresAssignments, case: Case, decided: list[AssignmentDecision]
    ) -> None:
        self._stored = stored
        self._case = case
        self._decided = decided

    def wait_for_turn(self, tenant: TenantId, directory: str) -> None:
        pass

    def open_cases(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, int]:
        counts = dict(self._stored.open_cases(tenant, accounts))
        if self._case.assignee in counts and self._case.status.is_open:
            counts[self._case.assignee] -= 1
        return counts

    def last_in_turn(self, tenant: TenantId, rule: str) -> AccountId | None:
        return self._stored.last_in_turn(tenant, rule)

    def holders_of(
        self, applicant: bytes, tenant: TenantId, besides: CaseId
    ) -> Sequence[AccountId]:
        return self._stored.holders_of(applicant, tenant, besides)

    def add(
        self,
        case_id: CaseId,
        round_: int,
        decision: AssignmentDecision,
        applicant: bytes | None = None,
    ) -> None:
        self._decided.append(decision)

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        return None

    def of_case(self, case_id: CaseId) -> Sequence[tuple[int, AssignmentDecision]]:
        return ()


class ReadOnlyAnswers:
    """What is kept is read, and nothing is kept."""

    def __init__(self, stored: PostgresKeptAnswers) -> None:
        self._stored = stored

    def keep(self, tenant: TenantId, directory: Directory, target: Target, answer: Answer) -> None:
        pass

    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        return self._stored.get(tenant, directory, target)


class _Given:
    def __init__(self, particulars: Particulars) -> None:
        self._particulars = particulars

    def of(self, case_id: CaseId, round_: int) -> Particulars:
        return self._particulars
