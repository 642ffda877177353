"""What a case's story tells of its assignment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from functions.assign.assignments import PostgresAssignments
from infra.story import Storyteller
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.identifiers import POST_ROOM
from tests.casework import ANNA, TARGET, UNIT
from tests.factories import TRADE_OFFICE, a_case, an_entry, routed

AT = datetime(2026, 3, 1, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"assignee": ANNA, "organizational_unit": UNIT}, "to a-1"),
        ({"organizational_unit": UNIT}, "to the tray of its unit of foerdetal-gewerbe"),
        ({"organizational_unit": POST_ROOM}, "to the post room of foerdetal-gewerbe"),
        ({}, "to the team tray of foerdetal-gewerbe"),
    ],
)
def test_it_says_where_the_case_lies_why_and_of_when_the_answer_is(
    conn: psycopg.Connection[Any], where: dict[str, Any], told: str
) -> None:
    cases = PostgresCases(conn, timedelta(minutes=1))
    case = cases.get(routed(cases, a_case()).case_id)
    details = {"round": 1, "authority": TRADE_OFFICE, **where}
    entry = an_entry("case.assigned").model_copy(update={"details": details})
    cases.save(case.assigned_to(UNIT, where.get("assignee")), entry=entry)
    decision = AssignmentDecision(
        outcome=Outcome.LEAST_OPEN_CASES,
        authority=TRADE_OFFICE,
        reason="Because.",
        directory="ad",
        target=TARGET,
        answer_from=AT,
        **where,
    )
    PostgresAssignments(conn).add(case.id, 1, decision)

    step = Storyteller(conn, {}).steps(cases.get(case.id))[-1]

    assert (step.action, step.text) == ("assigned", told)
    assert step.why == (
        "Because.",
        f"Directory: ad, group {TARGET.dn}",
        f"Note: the directory was away; this is what it said at {AT.astimezone():%Y-%m-%d %H:%M}.",
    )
