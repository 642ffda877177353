"""Choose somebody of a group or unit, or who stands in for them: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from functions.assign.findings import Finding, Stand
from functions.assign.strategies import first_holder, least_loaded, next_in_turn
from shared.domain.assignment import Outcome
from shared.domain.caseworkers import Account
from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy
from shared.domain.identifiers import AccountId


@dataclass(frozen=True)
class Standing:
    """How things stand in this moment: who has how many open cases, had the rule's last case, and
    has other open cases of the applicant."""

    now: datetime
    open_cases: Mapping[AccountId, int] = field(default_factory=dict)
    last_in_turn: AccountId | None = None
    holders: Sequence[AccountId] = ()


@dataclass(frozen=True)
class Choice:
    """Without an account: the tray of the unit."""

    outcome: Outcome
    account: AccountId | None
    why: str


def waits_for_stands(rule: AssignmentRule, finding: Finding, standing: Standing) -> bool:
    """Whoever has the applicant's other case is away: a deputy goes before any other member."""
    if rule.strategy is not Strategy.STICKY or not rule.substitutes or finding.stands is not None:
        return False
    members = finding.members.accounts if finding.members is not None else ()
    holding = [each for each in members if each.id in standing.holders]
    return bool(holding) and all(each.left_out(standing.now) is not None for each in holding)


def choose(rule: AssignmentRule, finding: Finding, standing: Standing) -> Choice | None:
    """None if nobody of them can have it."""
    available = finding.available(standing.now)
    if rule.strategy is Strategy.STICKY:
        sticky = _stick(rule, finding, available, standing)
        if sticky is not None:
            return sticky
    if not available:
        return _stand_in(rule, finding.stands or (), standing)
    if rule.strategy is Strategy.TEAM_TRAY:
        return Choice(Outcome.TEAM_TRAY, None, "it is left to the team")
    of = f"of {len(available)} available, "
    if rule.strategy is Strategy.ROUND_ROBIN:
        winner = next_in_turn(available, standing.last_in_turn)
        return Choice(Outcome.ROUND_ROBIN, winner.id, f"{of}{winner.id} is the next in turn")
    winner = least_loaded(available, standing.open_cases, standing.last_in_turn)
    count = standing.open_cases[winner.id]
    why = f"{of}{winner.id} has the fewest open cases{_for_capacity(winner)} ({count})"
    return Choice(Outcome.LEAST_OPEN_CASES, winner.id, why)


def _stick(
    rule: AssignmentRule, finding: Finding, available: list[Account], standing: Standing
) -> Choice | None:
    holder = first_holder(available, standing.holders)
    if holder is not None:
        why = f"{holder.id} has another open case of the applicant"
        return Choice(Outcome.STICKY, holder.id, why)
    stands = [each for each in finding.stands or () if each.stands_for in standing.holders]
    return _stand_in(rule, stands, standing)


def _stand_in(rule: AssignmentRule, stands: Sequence[Stand], standing: Standing) -> Choice | None:
    """By the rule's order of kinds, then the nearest, then whoever has least to do."""
    able = [each for each in stands if each.account.left_out(standing.now) is None]
    if not able or rule.strategy is Strategy.TEAM_TRAY:
        return None
    order = rule.substitutes.index
    nearest = min((order(each.kind), each.distance) for each in able)
    able = [each for each in able if (order(each.kind), each.distance) == nearest]
    winner = least_loaded([each.account for each in able], standing.open_cases)
    stand = min(
        (each for each in able if each.account.id == winner.id), key=lambda each: each.stands_for
    )
    why = f"{winner.id} stands in as {stand.kind} for {stand.stands_for}, who is not available"
    return Choice(Outcome.SUBSTITUTE, winner.id, why)


def _for_capacity(account: Account) -> str:
    return "" if account.capacity == 100 else f" for {account.capacity} % of capacity"
