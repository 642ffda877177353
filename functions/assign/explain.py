"""A stored assignment as short lines to read: reason, candidates and why each did not get it."""

from collections.abc import Iterator

from shared.domain.assignment import AssignmentCandidate, AssignmentDecision


def explain(decision: AssignmentDecision) -> list[str]:
    return list(_lines(decision))


def _lines(decision: AssignmentDecision) -> Iterator[str]:
    yield f"{decision.assignee or 'team tray'}: {decision.outcome.replace('_', ' ')}"
    yield decision.reason
    if decision.target is not None:
        where = decision.directory or "no directory"
        yield f"Directory: {where}, {decision.target.kind} {decision.target.dn}"
    for candidate in decision.candidates:
        yield f"  {candidate.account}: {_load(candidate)}"
    if decision.unreadable:
        yield f"  {decision.unreadable} more cannot be read, or are no accounts"


def _load(candidate: AssignmentCandidate) -> str:
    if candidate.left_out is not None:
        return f"left out, {candidate.left_out}"
    count = candidate.open_cases
    if count is None:
        return "available"
    return "1 open case" if count == 1 else f"{count} open cases"
