"""Decide who gets a case, and say why: pure."""

from datetime import UTC

from functions.assign.candidates import counted, with_candidates
from functions.assign.choosing import Choice, Standing, choose, waits_for_stands
from functions.assign.findings import Finding, Findings
from functions.assign.rules import Plan
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.caseworkers import TargetKind
from shared.domain.configuration.assignment_rules import AssignmentRule, Tray
from shared.domain.identifiers import POST_ROOM


def decide_without_people(plan: Plan) -> AssignmentDecision | None:
    """None if there are people to choose from, who have to be asked for."""
    rule, authority = plan.rule, plan.authority
    if rule is None:
        return AssignmentDecision(
            outcome=Outcome.NO_RULE,
            authority=authority,
            organizational_unit=POST_ROOM,
            reason=f"No rule of {authority} counts for this case: it goes to the post room.",
        )
    if rule.target is None:
        return _declared(plan, rule, Outcome.TEAM_TRAY, f"Rule {rule.id} leaves it to the team.")
    if plan.directory is None:
        why = f"Rule {rule.id} counts, but no directory serves {authority}."
        return _in_tray(rule, _declared(plan, rule, Outcome.NO_DIRECTORY, why))
    return None


def directory_is_away(plan: Plan, minutes: float) -> AssignmentDecision:
    assert plan.rule is not None  # noqa: S101 - without one nobody is asked
    assert plan.directory is not None  # noqa: S101 - the same
    why = (
        f"Rule {plan.rule.id} counts, but directory {plan.directory.id} is away, nothing recent is "
        f"known of it, and the case has waited for {minutes:g} minutes."
    )
    return _declared(plan, plan.rule, Outcome.DIRECTORY_AWAY, why)


def decide(plan: Plan, findings: Findings, standing: Standing) -> AssignmentDecision | None:
    """None if nobody is found yet and the directory can be asked for more."""
    rule = plan.rule
    assert rule is not None  # noqa: S101 - without one nothing was searched for
    decision = None
    for finding in findings.of_aims:
        if not findings.is_all and waits_for_stands(rule, finding, standing):
            return None
        choice = choose(rule, finding, standing)
        if choice is not None:
            decision = _chosen(plan, rule, finding, choice, findings)
            break
    if decision is None:
        if not findings.is_all:
            return None
        decision = _fall_back(plan, rule, findings, standing)
    return with_candidates(_of_when(decision, findings), findings, standing)


def _chosen(
    plan: Plan, rule: AssignmentRule, finding: Finding, choice: Choice, findings: Findings
) -> AssignmentDecision:
    assert finding.members is not None  # noqa: S101 - whoever was chosen is one, or stands in
    reason = f"Rule {rule.id}: {choice.why}."
    if finding is not findings.of_aims[0]:
        reason = f"{reason} Nobody was found in its own {_kind(rule)}."
    return _declared(plan, rule, choice.outcome, reason).model_copy(
        update={
            "organizational_unit": finding.members.unit,
            "assignee": choice.account,
            "target": finding.target,
        }
    )


def _fall_back(
    plan: Plan, rule: AssignmentRule, findings: Findings, standing: Standing
) -> AssignmentDecision:
    first = findings.of_aims[0]
    if first.members is None:
        assert plan.directory is not None  # noqa: S101 - it was asked
        outcome = Outcome.UNKNOWN_TARGET
        why = f"directory {plan.directory.id} has no such {_kind(rule)}"
    else:
        outcome = Outcome.NOBODY_AVAILABLE
        why = f"nobody is available in its {_kind(rule)}{counted(first, standing.now)}"
    if len(findings.of_aims) > 1:
        why += ", nor in what it falls back to"
    elif rule.fallback.target is not None:
        why += ", and there was no time to ask for what it falls back to"
    return _in_tray(rule, _declared(plan, rule, outcome, f"Rule {rule.id} counts, but {why}."))


def _in_tray(rule: AssignmentRule, decision: AssignmentDecision) -> AssignmentDecision:
    if rule.fallback.tray is not Tray.POST_ROOM:
        return decision
    return decision.model_copy(update={"organizational_unit": POST_ROOM})


def _of_when(decision: AssignmentDecision, findings: Findings) -> AssignmentDecision:
    """The oldest of the answers that count while the directory is away."""
    answers = [each.answer_from for each in findings.of_aims if each.answer_from is not None]
    if not answers:
        return decision
    since = min(answers).astimezone(UTC)
    said = f"Directory {decision.directory} is away: what it said at {since:%Y-%m-%d %H:%M} UTC"
    return decision.model_copy(
        update={"answer_from": since, "reason": f"{decision.reason} {said} counts."}
    )


def _declared(
    plan: Plan, rule: AssignmentRule, outcome: Outcome, reason: str
) -> AssignmentDecision:
    return AssignmentDecision(
        outcome=outcome,
        authority=plan.authority,
        reason=reason,
        rule=rule.id,
        target=rule.target,
        directory=plan.directory.id if plan.directory is not None and rule.target else None,
    )


def _kind(rule: AssignmentRule) -> TargetKind:
    assert rule.target is not None  # noqa: S101 - else nobody was asked for
    return rule.target.kind
