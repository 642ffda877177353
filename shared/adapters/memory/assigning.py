"""The caseworkers, and who has how many cases."""

from collections.abc import Collection, Mapping

from shared.adapters.memory.cases import InMemoryCases
from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Status
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId, CaseId


class InMemoryCaseworkerDirectory:
    """Without `members`: it does not answer."""

    def __init__(self, members: Mapping[Target, Members] | None = None) -> None:
        self._members = members
        self.asked: list[Target] = []

    def members(self, directory: Directory, target: Target) -> Members | None:
        if self._members is None:
            raise Unavailable(f"directory {directory.id} does not answer")
        self.asked.append(target)
        return self._members.get(target)


class InMemoryAssignments:
    """One thread only: everyone has the turn at once."""

    def __init__(self, cases: InMemoryCases) -> None:
        self._cases = cases
        self._decisions: dict[tuple[CaseId, int], AssignmentDecision] = {}

    def wait_for_turn(self, target: Target) -> None:
        pass

    def open_cases(self, accounts: Collection[AccountId]) -> Mapping[AccountId, int]:
        open_ = {Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS}
        held = [case.assignee for case in self._cases.all() if case.status in open_]
        return {account: held.count(account) for account in accounts}

    def add(self, case_id: CaseId, round_: int, decision: AssignmentDecision) -> None:
        self._decisions[case_id, round_] = decision

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        return self._decisions.get((case_id, round_))
