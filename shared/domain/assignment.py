"""An assignment as it is stored with the case: to whom, by which rule, and why nobody else."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.domain.caseworkers import LeftOut, Target
from shared.domain.identifiers import AccountId, AuthorityId, UnitId


class Outcome(StrEnum):
    """How it was decided. All but the first end in a team tray."""

    LEAST_OPEN_CASES = "least_open_cases"
    TEAM_TRAY = "team_tray"
    NO_RULE = "no_rule"
    NO_DIRECTORY = "no_directory"
    UNKNOWN_TARGET = "unknown_target"
    NOBODY_AVAILABLE = "nobody_available"


class AssignmentCandidate(BaseModel):
    """One account of the target; `open_cases` before this one, if they were counted."""

    model_config = ConfigDict(frozen=True)

    account: AccountId
    open_cases: int | None = None
    left_out: LeftOut | None = None


class AssignmentDecision(BaseModel):
    """Without an assignee the case lies in the unit's team tray, without a unit in the authority's.

    `reason` is a sentence made of ids and codes.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    authority: AuthorityId
    organizational_unit: UnitId | None = None
    assignee: AccountId | None = None
    reason: str
    rule: str | None = None
    directory: str | None = None
    target: Target | None = None
    candidates: tuple[AssignmentCandidate, ...] = ()
    unreadable: int = 0
