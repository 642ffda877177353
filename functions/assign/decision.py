"""Decide who gets a case, and say why: pure."""

from collections.abc import Mapping
from datetime import datetime

from functions.assign.rules import Plan
from shared.domain.assignment import AssignmentCandidate, AssignmentDecision, Outcome
from shared.domain.caseworkers import Members
from shared.domain.configuration.assignment_rules import Strategy
from shared.domain.identifiers import AccountId, AuthorityId


def decide(
    authority: AuthorityId,
    plan: Plan,
    members: Members | None,
    open_cases: Mapping[AccountId, int],
    now: datetime,
) -> AssignmentDecision:
    """`members` are those of the rule's target, None if the directory was not asked or has none."""
    rule, directory = plan.rule, plan.directory
    if rule is None:
        return AssignmentDecision(
            outcome=Outcome.NO_RULE,
            authority=authority,
            reason=f"No rule of {authority} counts for this case.",
        )
    declared = AssignmentDecision(
        outcome=Outcome.TEAM_TRAY,
        authority=authority,
        reason=f"Rule {rule.id} leaves it to the team.",
        rule=rule.id,
        target=rule.target,
    )
    if rule.target is None:
        return declared
    if directory is None:
        return _fall_back(declared, Outcome.NO_DIRECTORY, f"no directory serves {authority}")
    asked = declared.model_copy(update={"directory": directory.id})
    if members is None:
        missing = f"directory {directory.id} has no such {rule.target.kind}"
        return _fall_back(asked, Outcome.UNKNOWN_TARGET, missing)
    found = _with_members(asked, members, open_cases, now)
    available = [each.account for each in found.candidates if each.left_out is None]
    if not available:
        nobody = f"nobody is available in its {rule.target.kind}{_counted(found)}"
        return _fall_back(found, Outcome.NOBODY_AVAILABLE, nobody)
    in_unit = found.model_copy(update={"organizational_unit": members.unit})
    if rule.strategy is Strategy.TEAM_TRAY:
        return in_unit
    return _to_least_loaded(in_unit, rule.id, open_cases, available)


def _with_members(
    decision: AssignmentDecision,
    members: Members,
    open_cases: Mapping[AccountId, int],
    now: datetime,
) -> AssignmentDecision:
    candidates = tuple(
        AssignmentCandidate(
            account=account.id,
            open_cases=open_cases.get(account.id),
            left_out=account.left_out(now),
        )
        for account in sorted(members.accounts, key=lambda account: account.id)
    )
    return decision.model_copy(update={"candidates": candidates, "unreadable": members.unreadable})


def _to_least_loaded(
    decision: AssignmentDecision,
    rule: str,
    open_cases: Mapping[AccountId, int],
    available: list[AccountId],
) -> AssignmentDecision:
    assignee = min(available, key=lambda account: (open_cases[account], account))
    return decision.model_copy(
        update={
            "outcome": Outcome.LEAST_OPEN_CASES,
            "assignee": assignee,
            "reason": f"Rule {rule}: of {len(available)} available, {assignee} has the fewest "
            f"open cases ({open_cases[assignee]}).",
        }
    )


def _fall_back(decision: AssignmentDecision, outcome: Outcome, why: str) -> AssignmentDecision:
    reason = f"Rule {decision.rule} counts, but {why}."
    return decision.model_copy(update={"outcome": outcome, "reason": reason})


def _counted(decision: AssignmentDecision) -> str:
    left_out = [each.left_out for each in decision.candidates if each.left_out is not None]
    counts = {str(why): left_out.count(why) for why in sorted(set(left_out))}
    if decision.unreadable:
        counts["unreadable"] = decision.unreadable
    said = ", ".join(f"{count} {why}" for why, count in counts.items())
    return f" ({said})" if said else ""
