"""What every `Assignments` adapter promises, run against each of them."""

from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest

from functions.assign.assignments import PostgresAssignments
from shared.adapters.memory import InMemoryAssignments, InMemoryCases
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentCandidate, AssignmentDecision, Outcome
from shared.domain.case import Status
from shared.domain.caseworkers import LeftOut, Target, TargetKind
from shared.domain.identifiers import AccountId, CaseId, UnitId
from shared.ports import Assignments, Cases
from tests.factories import TRADE_OFFICE, a_case, an_entry, stored

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


def held_by(store: Stored, assignee: AccountId | None, status: Status = Status.RECEIVED) -> None:
    case = stored(store.cases, a_case(status=status)).assigned_to(None, assignee)
    store.cases.save(case, entry=an_entry("case.assigned"))


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
    held_by(store, ANNA, status)

    assert store.assignments.open_cases([ANNA]) == {ANNA: counted}


def test_everyone_asked_for_has_a_count_and_nobody_else(store: Stored) -> None:
    for assignee in (ANNA, ANNA, CARLA, None):
        held_by(store, assignee)

    store.assignments.wait_for_turn(TARGET)

    assert store.assignments.open_cases([ANNA, BERND]) == {ANNA: 2, BERND: 0}


def test_a_decision_comes_back_as_it_was_stored(store: Stored) -> None:
    case = stored(store.cases, a_case())

    store.assignments.add(case.id, 1, DECISION)

    assert store.assignments.get(case.id, 1) == DECISION
    assert store.assignments.get(case.id, 2) is None
    assert store.assignments.get(CaseId(uuid4()), 1) is None
