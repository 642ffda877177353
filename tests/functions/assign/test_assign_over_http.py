"""assign as it is deployed: a functions-framework process, a PostgreSQL, an LDAP server."""

from uuid import uuid4

import urllib3

from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.assignment import Outcome
from shared.domain.case import Stage
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    POST_ROOM,
    AccountId,
    SenderId,
    case_id,
)
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, an_entry
from tests.functions.assign.deployed import (
    AENNE,
    BERTA,
    JOERG,
    PING,
    WAKE_AFTER,
    Connection,
    a_routed_case,
    post,
    read,
)


def test_cases_are_shared_among_the_enabled_members_of_the_group(
    function: str, conn: Connection
) -> None:
    events = [a_routed_case(conn) for _ in range(4)]

    replies = [post(function, event) for event in events]

    assert [reply.status for reply in replies] == [200] * 4
    assert [reply.json()["assignee"] for reply in replies] == [BERTA, JOERG, BERTA, JOERG]
    assert replies[0].headers["ce-type"] == "de.antragslotse.case.assigned.v1"
    case, decision = read(conn, events[3].case_id)
    assert (case.stage, case.assignee) == (Stage.ASSIGNED, JOERG)
    assert {each.account: each.left_out or each.open_cases for each in decision.candidates} == {
        BERTA: 2,
        JOERG: 1,
        AENNE: "disabled",
    }


def test_a_redelivery_gets_the_same_event(function: str, conn: Connection) -> None:
    event = a_routed_case(conn)

    first, second = post(function, event), post(function, event)

    assert first.headers["ce-id"] == second.headers["ce-id"]
    assert first.data == second.data


def test_an_authority_without_a_rule_gets_it_into_its_post_room(
    function: str, conn: Connection
) -> None:
    event = a_routed_case(conn, authority=BUILDING_OFFICE)

    reply = post(function, event)

    _, decision = read(conn, event.case_id)
    assert (reply.status, decision.outcome) == (200, Outcome.NO_RULE)
    assert "assignee" not in reply.json()
    assert reply.json()["organizational_unit"] == POST_ROOM


def test_the_clearing_offices_case_has_no_reply(function: str, conn: Connection) -> None:
    reply = post(function, a_routed_case(conn, authority=CLEARING_OFFICE))

    assert (reply.status, reply.data) == (200, b"")


def test_an_unknown_case_can_never_succeed(function: str, conn: Connection) -> None:
    event = a_routed_case(conn)
    unknown = case_id(SenderId("nobody"), str(uuid4()))

    assert post(function, event.model_copy(update={"case_id": unknown})).status == 422


def test_the_timer_has_it_checked_whether_holders_are_still_there(
    function: str, conn: Connection
) -> None:
    """Änne is disabled; that two of four left at once is not believed."""
    cases = PostgresCases(conn, WAKE_AFTER)
    held = {}
    for holder in (AENNE, BERTA, *(AccountId(str(uuid4())) for _ in range(2))):
        case = cases.get(a_routed_case(conn).case_id).assigned_to(None, holder)
        cases.save(case, entry=an_entry("case.assigned"))
        held[holder] = case.id
    conn.commit()

    answer = urllib3.request("POST", f"{function}/timer", headers=PING, retries=False)

    assert (answer.status, answer.data) == (200, b"")
    conn.rollback()
    moved = [holder for holder, id_ in held.items() if cases.get(id_).assignee != holder]
    assert moved == [AENNE]
    (task,) = PostgresTasks(conn).all_open()
    assert (task.kind, task.subject) == ("directory_doubtful", f"{TENANT}/{TRADE_OFFICE}")
    row = conn.execute("SELECT failure, due_at > now() FROM directory_checks").fetchone()
    assert row == (None, True)
