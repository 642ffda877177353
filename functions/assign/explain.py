"""A stored assignment as short lines to read: reason, candidates and why each did not get it."""

from collections.abc import Iterator

from shared.domain.assignment import AssignmentCandidate, AssignmentDecision
from shared.domain.identifiers import POST_ROOM


def explain(decision: AssignmentDecision) -> list[str]:
    return list(_lines(decision))


def lies_with(unit: str | None, assignee: str | None) -> str:
    """Whoever has a case, or the tray that it lies in."""
    if assignee is not None:
        return assignee
    if unit == POST_ROOM:
        return "post room"
    return "team tray" if unit is None else "tray of its unit"


def _lines(decision: AssignmentDecision) -> Iterator[str]:
    holder = lies_with(decision.organizational_unit, decision.assignee)
    yield f"{holder}: {decision.outcome.replace('_', ' ')}"
    yield decision.reason
    if decision.target is not None:
        where = decision.directory or "no directory"
        yield f"Directory: {where}, {decision.target.kind} {decision.target.dn}"
    if decision.answer_from is not None:
        at = decision.answer_from.astimezone()
        yield f"Note: the directory was away; this is what it said at {at:%Y-%m-%d %H:%M}."
    for candidate in decision.candidates:
        yield f"  {candidate.account}: {_standing(candidate)}"
    if decision.more_candidates:
        yield f"  and {decision.more_candidates:,} more who were no nearer to it"
    if decision.unreadable:
        yield f"  {decision.unreadable} more cannot be read, or are no accounts"


def _standing(candidate: AssignmentCandidate) -> str:
    said = [_load(candidate)]
    if candidate.capacity is not None and candidate.left_out is None:
        said.append(f"capacity {candidate.capacity} %")
    if candidate.substitute_for is not None:
        said.append(f"would stand in for {candidate.substitute_for}")
    return ", ".join(said)


def _load(candidate: AssignmentCandidate) -> str:
    if candidate.left_out is not None:
        return f"left out, {candidate.left_out.replace('_', ' ')}"
    count = candidate.open_cases
    if count is None:
        return "available"
    return "1 open case" if count == 1 else f"{count} open cases"
