"""The caseworkers, and who has how many cases."""

from collections.abc import Collection, Mapping, Sequence

from shared.adapters.memory.cases import InMemoryCases
from shared.domain.assignment import AssignmentDecision
from shared.domain.caseworkers import Account, Members, OwnSetting, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId, CaseId, TenantId
from shared.domain.notice import Notice


class InMemoryCaseworkerDirectory:
    """Without `members`: it does not answer. `people` are accounts by their distinguished names."""

    def __init__(
        self,
        members: Mapping[Target, Members] | None = None,
        people: Mapping[str, Account] | None = None,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._members = members
        self._people = people or {}
        self._addresses = addresses or {}
        self.asked: list[Target] = []

    def members(self, directory: Directory, target: Target) -> Members | None:
        answers = self._answering(directory)
        self.asked.append(target)
        return answers.get(target)

    def accounts(
        self, directory: Directory, ids: Collection[AccountId]
    ) -> Mapping[AccountId, Account]:
        answers = self._answering(directory).values()
        known = [*self._people.values(), *(each for found in answers for each in found.accounts)]
        return {account.id: account for account in known if account.id in ids}

    def named(self, directory: Directory, dns: Collection[str]) -> Mapping[str, Account]:
        self._answering(directory)
        return {dn: self._people[dn] for dn in dns if dn in self._people}

    def addresses(self, directory: Directory, ids: Collection[str]) -> Mapping[str, str]:
        self._answering(directory)
        return {id_: self._addresses[id_] for id_ in ids if id_ in self._addresses}

    def _answering(self, directory: Directory) -> Mapping[Target, Members]:
        if self._members is None:
            raise Unavailable(f"directory {directory.id} does not answer")
        return self._members


class InMemoryAssignments:
    """One thread only: everyone has the turn at once."""

    def __init__(self, cases: InMemoryCases) -> None:
        self._cases = cases
        self._decisions: dict[CaseId, list[tuple[int, AssignmentDecision]]] = {}
        self._applicants: dict[tuple[CaseId, int], bytes] = {}
        self._turns: dict[tuple[TenantId | None, str | None], AccountId | None] = {}

    def wait_for_turn(self, tenant: TenantId, directory: str) -> None:
        pass

    def open_cases(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, int]:
        held = [
            case.assignee
            for case in self._cases.all()
            if case.tenant == tenant and case.status.is_open
        ]
        return {account: held.count(account) for account in accounts}

    def last_in_turn(self, tenant: TenantId, rule: str) -> AccountId | None:
        return self._turns.get((tenant, rule))

    def holders_of(
        self, applicant: bytes, tenant: TenantId, besides: CaseId
    ) -> Sequence[AccountId]:
        held = [
            case
            for case in self._cases.all()
            if self._applicants.get((case.id, case.round)) == applicant
            and (case.tenant, case.status.is_open) == (tenant, True)
            and case.id != besides
        ]
        held.sort(key=lambda case: case.received_at, reverse=True)
        return list(dict.fromkeys(case.assignee for case in held if case.assignee is not None))

    def add(
        self,
        case_id: CaseId,
        round_: int,
        decision: AssignmentDecision,
        applicant: bytes | None = None,
    ) -> None:
        self._decisions.setdefault(case_id, []).append((round_, decision))
        if applicant is not None:
            self._applicants[case_id, round_] = applicant
        if decision.takes_turn:
            tenant = self._cases.get(case_id).tenant
            self._turns[tenant, decision.rule] = decision.assignee

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        decided = (decision for of, decision in self.of_case(case_id) if of == round_)
        return next(decided, None)

    def of_case(self, case_id: CaseId) -> Sequence[tuple[int, AssignmentDecision]]:
        return self._decisions.get(case_id, [])


class InMemoryOwnSettings:
    def __init__(self, settings: Mapping[AccountId, OwnSetting] | None = None) -> None:
        self._settings = settings or {}

    def of(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, OwnSetting]:
        return {id_: self._settings[id_] for id_ in accounts if id_ in self._settings}


class InMemoryNoticeBox:
    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def add(self, notice: Notice) -> None:
        self.notices.append(notice)
