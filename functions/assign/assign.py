"""Give a routed case to a caseworker of its authority, or to a team."""

from collections.abc import Callable
from datetime import UTC, datetime

from functions.assign.decision import decide
from functions.assign.ports import Stores, Transactions
from functions.assign.rules import Plan, TenantRules, plan
from shared.domain.actor import Actor
from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case, LogEntry, Stage
from shared.domain.caseworkers import Members
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, TenantId
from shared.ports import Cases, CaseworkerDirectory

RulesOf = Callable[[TenantId], TenantRules]


def assign(
    event: CaseRouted,
    rules_of: RulesOf,
    directory: CaseworkerDirectory,
    transactions: Transactions,
) -> CaseAssigned | None:
    with transactions() as stores:
        case = stores.cases.get(event.case_id)
        if not _is_due(case, event):
            return _former_answer(case, event, stores.cases)
    planned = plan(case, rules_of(case.tenant)) if case.tenant is not None else Plan()
    query = planned.query()
    # Over the network, hence between the transactions: the second one looks again.
    members = directory.members(*query) if query is not None else None
    with transactions() as stores:
        return _assign(event, planned, members, stores)


def _is_due(case: Case, event: CaseRouted) -> bool:
    return (
        event.round >= case.round
        and case.authority != CLEARING_OFFICE
        and case.stage is Stage.ROUTED
    )


def _former_answer(case: Case, event: CaseRouted, cases: Cases) -> CaseAssigned | None:
    if event.round < case.round or case.authority == CLEARING_OFFICE:
        return None  # re-routed since: that round has its own event; or people have to route it
    return cases.event(case.id, CaseAssigned, case.round)


def _assign(
    event: CaseRouted, planned: Plan, members: Members | None, stores: Stores
) -> CaseAssigned | None:
    now = datetime.now(UTC)
    counted = members.available(now) if members is not None and planned.by_open_cases else []
    if counted and planned.target is not None:
        # Before anything is read: whoever waited sees what the one before has done.
        stores.assignments.wait_for_turn(planned.target)
    case = stores.cases.get(event.case_id)
    if not _is_due(case, event):
        return _former_answer(case, event, stores.cases)
    open_cases = stores.assignments.open_cases(counted) if counted else {}
    assert case.authority is not None  # noqa: S101 - a routed case has one
    return _store(case, decide(case.authority, planned, members, open_cases, now), event, stores)


def _store(
    case: Case, decision: AssignmentDecision, event: CaseRouted, stores: Stores
) -> CaseAssigned:
    unit, assignee = decision.organizational_unit, decision.assignee
    case, reply = case.assigned_to(unit, assignee).announce(
        CaseAssigned,
        cause=event,
        authority=decision.authority,
        organizational_unit=unit,
        assignee=assignee,
    )
    entry = LogEntry(
        actor=Actor.system("assign"),
        action="case.assigned",
        details={
            "round": case.round,
            "authority": decision.authority,
            "organizational_unit": unit,
            "assignee": assignee,
            "outcome": decision.outcome,
            "rule": decision.rule,
        },
    )
    stores.cases.save(case, entry=entry, event=reply)
    stores.assignments.add(case.id, case.round, decision)
    return reply
