"""What every `Assignments` adapter promises, run against each of them."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

from functions.assign.assignments import PostgresAssignments
from shared.adapters.memory import InMemoryAssignments, InMemoryCases
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentCandidate, AssignmentDecision, Outcome
from shared.domain.case import Status
from shared.domain.caseworkers import LeftOut, Target, TargetKind
from shared.domain.identifiers import AccountId, CaseId, TenantId, UnitId
from shared.ports import Assignments, Cases
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, routed

ANNA, BERND, CARLA = (AccountId(name) for name in ("a-1", "b-2", "c-3"))
TARGET = Target(kind=TargetKind.GROUP, dn="CN=Größe\\, Form,DC=amt")
DECISION = AssignmentDecision(
    outcome=Outcome.LEAST_OPEN_CASES,
    authority=TRADE_OFFICE,
    organizational_unit=UnitId("u-1"),
    assignee=ANNA,
    reason="Because.",
    rule="gewerbe",
    directory="ad",
    target=TARGET,
    candidates=(
        AssignmentCandidate(account=ANNA, open_cases=0),
        AssignmentCandidate(account=BERND, left_out=LeftOut.DISABLED),
    ),
    unreadable=2,
)


class Stored(NamedTuple):
    cases: Cases
    assignments: Assignments


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Stored:
    if request.param == "memory":
        in_memory = InMemoryCases()
        return Stored(in_memory, InMemoryAssignments(in_memory))
    conn: psycopg.Connection = request.getfixturevalue("conn")
    return Stored(PostgresCases(conn, timedelta(minutes=1)), PostgresAssignments(conn))


def held_by(store: Stored, assignee: AccountId | None, **of_the_case: Any) -> CaseId:
    event = routed(store.cases, a_case(**of_the_case))
    case = store.cases.get(event.case_id).assigned_to(None, assignee)
    store.cases.save(case, entry=an_entry("case.assigned"))
    return case.id


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (Status.RECEIVED, 1),
        (Status.ACCEPTED, 1),
        (Status.IN_PROGRESS, 1),
        (Status.DISCARDED, 0),
        (Status.DECIDED, 0),
        (Status.CLOSED, 0),
        (Status.MARKED_FOR_DELETION, 0),
    ],
)
def test_only_what_still_has_to_be_worked_on_counts(
    store: Stored, status: Status, counted: int
) -> None:
    held_by(store, ANNA, status=status)

    assert store.assignments.open_cases(TENANT, [ANNA]) == {ANNA: counted}


def test_everyone_asked_for_has_a_count_and_nobody_else(store: Stored) -> None:
    for assignee in (ANNA, ANNA, CARLA, None):
        held_by(store, assignee)

    store.assignments.wait_for_turn(TENANT, "ad")

    assert store.assignments.open_cases(TENANT, [ANNA, BERND]) == {ANNA: 2, BERND: 0}


def test_whoever_another_tenant_calls_the_same_is_somebody_else(store: Stored) -> None:
    """Where a directory's ids are text: `meier` of two towns."""
    held_by(store, ANNA)

    assert store.assignments.open_cases(TenantId("another"), [ANNA]) == {ANNA: 0}


def test_a_decision_comes_back_as_it_was_stored(store: Stored) -> None:
    case_id = held_by(store, ANNA)

    store.assignments.add(case_id, 1, DECISION)

    assert store.assignments.get(case_id, 1) == DECISION
    assert store.assignments.get(case_id, 2) is None
    assert store.assignments.get(CaseId(uuid4()), 1) is None


def test_what_came_later_in_a_round_follows_what_it_began_with(store: Stored) -> None:
    case_id = held_by(store, BERND)
    taken = AssignmentDecision(
        outcome=Outcome.CLAIMED, authority=TRADE_OFFICE, assignee=BERND, reason="Took it."
    )
    last_good = DECISION.model_copy(update={"answer_from": datetime(2026, 3, 1, tzinfo=UTC)})

    for round_, decision in ((1, DECISION), (1, taken), (2, last_good)):
        store.assignments.add(case_id, round_, decision)

    assert store.assignments.get(case_id, 1) == DECISION
    assert store.assignments.of_case(case_id) == [(1, DECISION), (1, taken), (2, last_good)]
    assert store.assignments.of_case(CaseId(uuid4())) == []


def test_a_rule_remembers_whom_its_strategy_gave_its_last_case(store: Stored) -> None:
    case_id = held_by(store, BERND)
    assert store.assignments.last_in_turn(TENANT, "gewerbe") is None

    for outcome, assignee in (
        (Outcome.ROUND_ROBIN, ANNA),
        (Outcome.LEAST_OPEN_CASES, BERND),
        (Outcome.SUBSTITUTE, CARLA),
        (Outcome.STICKY, CARLA),
        (Outcome.NOBODY_AVAILABLE, None),
    ):
        changes = {"outcome": outcome, "assignee": assignee}
        store.assignments.add(case_id, 1, DECISION.model_copy(update=changes))

    assert store.assignments.last_in_turn(TENANT, "gewerbe") == BERND
    assert store.assignments.last_in_turn(TENANT, "another") is None
    assert store.assignments.last_in_turn(TenantId("another"), "gewerbe") is None


MUELLER, MEIER = b"m" * 32, b"n" * 32


def test_whoever_has_the_applicants_latest_case_comes_first(store: Stored) -> None:
    now = datetime.now(UTC)
    ages = [(ANNA, 3), (BERND, 1), (ANNA, 2), (CARLA, 0)]
    cases = [held_by(store, who, received_at=now - timedelta(days=days)) for who, days in ages]
    for case_id in cases:
        store.assignments.add(case_id, 1, DECISION, MUELLER)
    another = CaseId(uuid4())

    assert store.assignments.holders_of(MUELLER, TENANT, another) == [CARLA, BERND, ANNA]
    assert store.assignments.holders_of(MUELLER, TENANT, cases[3]) == [BERND, ANNA]
    assert store.assignments.holders_of(MEIER, TENANT, another) == []
    assert store.assignments.holders_of(MUELLER, TenantId("another"), another) == []


def test_a_case_that_is_done_or_nobodys_has_no_holder(store: Stored) -> None:
    for case_id in (held_by(store, ANNA, status=Status.CLOSED), held_by(store, None)):
        store.assignments.add(case_id, 1, DECISION, MUELLER)

    assert store.assignments.holders_of(MUELLER, TENANT, CaseId(uuid4())) == []


def test_a_case_that_was_moved_within_its_round_is_its_new_holders(store: Stored) -> None:
    case_id = held_by(store, ANNA)
    store.assignments.add(case_id, 1, DECISION, MUELLER)
    case = store.cases.get(case_id)
    store.cases.save(case.held_by(None, BERND), entry=an_entry("case.reassigned"))
    store.assignments.add(case_id, 1, DECISION)

    assert store.assignments.holders_of(MUELLER, TENANT, CaseId(uuid4())) == [BERND]


def test_a_case_that_was_re_routed_since_is_not_the_authoritys_any_more(store: Stored) -> None:
    case_id = held_by(store, ANNA, round=2)
    store.assignments.add(case_id, 1, DECISION, MUELLER)

    assert store.assignments.holders_of(MUELLER, TENANT, CaseId(uuid4())) == []
