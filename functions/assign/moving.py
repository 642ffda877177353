"""Have an assigned case lie with somebody else, and say on its record why."""

from dataclasses import dataclass

from functions.assign.ports import Stores
from shared.domain.actor import Actor
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.case import Case, LogEntry
from shared.domain.identifiers import AccountId, UnitId
from shared.domain.notice import notice_of


@dataclass(frozen=True)
class Change:
    """`reason` is a sentence of ids and codes, or what a person has given as one."""

    outcome: Outcome
    action: str
    reason: str
    actor: Actor
    directory: str | None = None


def move(
    case: Case, unit: UnitId | None, assignee: AccountId | None, change: Change, stores: Stores
) -> Case:
    """Raise StaleCase if the case changed since it was read."""
    assert case.authority is not None  # noqa: S101 - an assigned case has one
    moved = case.held_by(unit, assignee)
    details = {
        "round": case.round,
        "from": case.assignee,
        "to": assignee,
        "organizational_unit": unit,
        "reason": change.reason,
    }
    entry = LogEntry(actor=change.actor, action=change.action, details=details)
    stores.holdings.save(moved, entry=entry)
    stores.assignments.add(
        case.id,
        case.round,
        AssignmentDecision(
            outcome=change.outcome,
            authority=case.authority,
            organizational_unit=unit,
            assignee=assignee,
            reason=change.reason,
            directory=change.directory,
        ),
    )
    stores.consents.remove(case.id)
    notice = notice_of(moved)
    if notice is not None and change.outcome is not Outcome.CLAIMED:
        stores.notices.add(notice)
    return moved.model_copy(update={"version": case.version + 1})
