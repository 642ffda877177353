"""An assignment as it is stored with the case: to whom, by which rule, and why nobody else."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.domain.caseworkers import LeftOut, Target
from shared.domain.identifiers import AccountId, AuthorityId, UnitId


class Outcome(StrEnum):
    """How it was decided: by a strategy, by where else it ended, or by what came later."""

    LEAST_OPEN_CASES = "least_open_cases"
    ROUND_ROBIN = "round_robin"
    STICKY = "sticky"
    SUBSTITUTE = "substitute"

    TEAM_TRAY = "team_tray"
    NO_RULE = "no_rule"
    NO_DIRECTORY = "no_directory"
    UNKNOWN_TARGET = "unknown_target"
    NOBODY_AVAILABLE = "nobody_available"
    DIRECTORY_AWAY = "directory_away"

    CLAIMED = "claimed"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    HOLDER_LEFT = "holder_left"


class AssignmentCandidate(BaseModel):
    """One account that was looked at; `open_cases` before this one, if they were counted.

    `capacity` is in percent, and given where it is not 100. `substitute_for` is the account that
    it would stand in for.
    """

    model_config = ConfigDict(frozen=True)

    account: AccountId
    open_cases: int | None = None
    capacity: int | None = None
    left_out: LeftOut | None = None
    substitute_for: AccountId | None = None


class AssignmentDecision(BaseModel):
    """Without an assignee the case lies in the unit's team tray, without a unit in the authority's;
    the post room is a unit, too.

    `reason` is a sentence made of ids and codes. `answer_from` is given where the directory was
    away, and its last good answer was used: when that was given. Of very many candidates only the
    foremost are kept, and how many more there were.
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
    answer_from: datetime | None = None
    candidates: tuple[AssignmentCandidate, ...] = ()
    more_candidates: int = 0
    unreadable: int = 0

    @property
    def takes_turn(self) -> bool:
        """Not that of who stands in for somebody, or has the applicant's other case."""
        by_strategy = self.outcome in (Outcome.LEAST_OPEN_CASES, Outcome.ROUND_ROBIN)
        return by_strategy and self.assignee is not None and self.rule is not None
