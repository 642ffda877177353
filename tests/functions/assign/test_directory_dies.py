"""The directory dies under the function as it is deployed: each case is assigned, or in a tray."""

from collections import Counter

from infra.local.ldap import EmbeddedLdap
from infra.local.supervisor import Supervisor
from shared.domain.assignment import Outcome
from shared.domain.case import Stage
from tests.factories import TRADE_OFFICE
from tests.functions.assign.deployed import (
    HARBOUR_OFFICE,
    MARKET_OFFICE,
    Broker,
    Connection,
    a_routed_case,
    post,
    read,
)


def test_when_the_directory_dies_in_the_middle_of_100_cases_each_is_assigned_or_in_a_tray(
    function: str, conn: Connection, ldap: tuple[EmbeddedLdap, Supervisor]
) -> None:
    server, supervisor = ldap
    offices = (TRADE_OFFICE, HARBOUR_OFFICE, MARKET_OFFICE)
    broker = Broker(function)
    for office in offices:
        broker.send(a_routed_case(conn, authority=office))
    broker.wait_until(lambda: len(broker.answers) == 3)

    for number in range(60):
        broker.send(a_routed_case(conn, authority=offices[number % 3]))
    broker.wait_until(lambda: len(broker.answers) >= 40)
    supervisor.stop("ldap")
    for number in range(37):
        broker.send(a_routed_case(conn, authority=offices[number % 3]))
    broker.wait_until(lambda: broker.has_only(HARBOUR_OFFICE) and broker.refused[HARBOUR_OFFICE])
    first = next(iter(broker.answers))
    assert post(function, first).data == broker.answers[first]
    supervisor.start(server.part())
    broker.wait_until(lambda: len(broker.answers) == 100)
    broker.close()

    found = {event: read(conn, event.case_id) for event in broker.answers}
    assert {case.stage for case, _ in found.values()} == {Stage.ASSIGNED}
    ends = {office: Counter[str]() for office in offices}
    for event, (case, decision) in found.items():
        remembered = " (remembered)" if decision.answer_from else ""
        ends[event.authority][f"{decision.outcome}{remembered}"] += 1
        assert (case.assignee is None) == (decision.outcome is Outcome.DIRECTORY_AWAY)
    assert {*ends[TRADE_OFFICE]} == {"least_open_cases", "least_open_cases (remembered)"}
    assert {*ends[HARBOUR_OFFICE]} == {"least_open_cases"}
    assert {*ends[MARKET_OFFICE]} == {"least_open_cases", "directory_away"}
    assert broker.refused[TRADE_OFFICE] == 0
