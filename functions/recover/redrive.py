"""Redrive: an operator sends a case on its way again, if there is anything left to do for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from functions.recover.ports import DeadLetters
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry, Stage
from shared.domain.dead_letter import DeadLetterState, KeptDeadLetter
from shared.domain.errors import UnknownCase
from shared.domain.events import (
    CaseAssigned,
    CaseClosed,
    CaseDecided,
    CaseForwarded,
    CaseForwardingRequested,
    CaseReceived,
    CaseRouted,
    CaseStatusChanged,
    Event,
)
from shared.domain.identifiers import CaseId
from shared.domain.waking import CASE_STALLED
from shared.ports import Cases, Tasks

# A case that is beyond the stage has had this event handled.
_HANDLED_AFTER = {
    CaseReceived.type: Stage.RECEIVED,
    CaseRouted.type: Stage.ROUTED,
    CaseAssigned.type: Stage.ASSIGNED,
}
_NOBODY_WAITS_FOR = {CaseForwarded.type, CaseStatusChanged.type}


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: Cases
    tasks: Tasks
    dead_letters: DeadLetters


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a sentence of codes for the operator and the record."""

    wake: bool
    reason: str


WAKE = Verdict(True, "its last event is sent again")


def judge_case(case_id: CaseId, stores: Stores) -> Verdict:
    """Raise UnknownCase if there is none."""
    case = stores.cases.get(case_id)
    return _judge(case, stores.cases.last_event(case_id))


def judge_letter(letter: KeptDeadLetter, stores: Stores) -> Verdict:
    if letter.case_id is None:
        return Verdict(False, "it belongs to no case")
    try:
        case = stores.cases.get(letter.case_id)
    except UnknownCase:
        return Verdict(False, "its case is not known, or has been deleted")
    if letter.round is not None and letter.round < case.round:
        return Verdict(False, f"the case is in round {case.round}, the event of {letter.round}")
    if letter.type in _NOBODY_WAITS_FOR:
        return Verdict(False, "no function waits for such an event")
    stage = _HANDLED_AFTER.get(letter.type or "")
    if stage is not None and case.stage.comes_after(stage):
        return Verdict(False, f"the case is {case.stage} already")
    return _judge(case, stores.cases.last_event(case.id))


def redrive_case(case_id: CaseId, actor: Actor, stores: Stores) -> Verdict:
    """With the case's open dead letters. Raise UnknownCase, or StaleCase if it is moving."""
    verdict = judge_case(case_id, stores)
    letters = stores.dead_letters.open_of(case_id)
    if verdict.wake:
        _wake(case_id, letters, actor, stores)
    for letter in letters:
        _settle(letter, judge_letter(letter, stores), stores)
    return verdict


def redrive_letter(letter: KeptDeadLetter, actor: Actor, stores: Stores) -> Verdict:
    """Never its bytes: the case says what is to be sent. Raise StaleCase if it is moving."""
    verdict = judge_letter(letter, stores)
    if verdict.wake and letter.case_id is not None:
        _wake(letter.case_id, [letter], actor, stores)
    _settle(letter, verdict, stores)
    return verdict


def _judge(case: Case, last: Event) -> Verdict:
    # What a caseworker has asked for is due also in a case that the pipeline is through with.
    if case.rests and not isinstance(last, CaseForwardingRequested | CaseDecided | CaseClosed):
        if case.stage is Stage.FORWARDED:
            return Verdict(False, "the case is forwarded already")
        return Verdict(False, "the case waits for a person in the clearing office")
    return WAKE


def _wake(case_id: CaseId, letters: Iterable[KeptDeadLetter], actor: Actor, stores: Stores) -> None:
    entry = LogEntry(
        actor=actor,
        action="case.redriven",
        details={"dead_letters": [letter.id for letter in letters]},
    )
    stores.cases.save(stores.cases.get(case_id), entry=entry, wake_at=datetime.now(UTC))
    stores.tasks.close(CASE_STALLED, case_id)


def _settle(letter: KeptDeadLetter, verdict: Verdict, stores: Stores) -> None:
    state = DeadLetterState.REDRIVEN if verdict.wake else DeadLetterState.CLOSED
    stores.dead_letters.settle(letter.id, state, verdict.reason)
