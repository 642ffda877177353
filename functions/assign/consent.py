"""A holder's consent that somebody else may have a case."""

from dataclasses import dataclass

from shared.domain.case import Case
from shared.domain.identifiers import AccountId, CaseId


@dataclass(frozen=True)
class Consent:
    """To one account, or to anybody; of no effect once another holds the case."""

    case_id: CaseId
    round: int
    holder: AccountId
    given_to: AccountId | None = None

    def counts_for(self, case: Case) -> bool:
        return (self.round, self.holder) == (case.round, case.assignee)

    def covers(self, case: Case, account: AccountId) -> bool:
        return self.counts_for(case) and self.given_to in (None, account)
