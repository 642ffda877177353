"""route as it is deployed: a functions-framework process and a PostgreSQL."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.route.explain import explain
from functions.route.routings import PostgresRoutings
from infra.directory.importing import import_files
from infra.local.demonstration import DEMO_SOURCE, bring_in
from infra.local.ports import free_port
from infra.local.postgres import EmbeddedPostgres
from infra.local.supervisor import Supervisor
from infra.migrations import migrate
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Stage
from shared.domain.events import CaseReceived, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, LeikaKey, RegionKey, UnitId
from shared.runtime.cloud_events import parse, read
from tests.factories import FORMSERVER, TENANT, TRADE_OFFICE, a_case, received, stored
from tests.functions.process import FunctionProcess, a_function
from tests.roles import as_role

Connection = psycopg.Connection[Any]
SOURCE = "functions/route/main.py"
WAKE_AFTER = timedelta(minutes=1)


def with_demo(conn: Connection) -> None:
    bring_in(conn)
    conn.commit()


def a_received_case(conn: Connection, **of_the_case: Any) -> CaseReceived:
    cases = PostgresCases(conn, WAKE_AFTER)
    event = received(cases, stored(cases, a_case(**of_the_case)))
    conn.commit()
    return event


@pytest.fixture
def function(conn: Connection, database_url: str, tmp_path: Path) -> Iterator[FunctionProcess]:
    with_demo(conn)
    url = as_role(database_url, "lotse_route")
    with a_function(SOURCE, tmp_path, DATABASE_URL=url) as running:
        yield running


def test_a_received_case_is_answered_with_where_it_goes(
    function: FunctionProcess, conn: Connection
) -> None:
    event = a_received_case(conn, named_unit=UnitId("197008"))

    answer = function.post(event)

    assert answer.status == 200
    routed = read(parse(answer.headers.items(), answer.data), CaseRouted)
    assert isinstance(routed, CaseRouted)
    assert (routed.authority, routed.tenant) == (TRADE_OFFICE, TENANT)
    case = PostgresCases(conn, WAKE_AFTER).get(event.case_id)
    assert (case.stage, case.authority, case.tenant) == (Stage.ROUTED, TRADE_OFFICE, TENANT)


def test_a_redelivery_gets_the_same_bytes_even_if_the_directory_changed(
    function: FunctionProcess, conn: Connection, tmp_path: Path
) -> None:
    event = a_received_case(conn, region=RegionKey("019990001001"))
    first = function.post(event)
    other = tmp_path / "other.csv"
    other.write_text("service,region,authority\n99050012104000,02,elsewhere\n", encoding="utf-8")
    import_files(conn, [other], source=DEMO_SOURCE, activate=True)
    conn.commit()

    second = function.post(event)

    assert first.status == second.status == 200
    assert first.data == second.data
    sent = {name: value for name, value in first.headers.items() if name.startswith("ce-")}
    assert sent["ce-type"] == CaseRouted.type
    assert sent == {name: value for name, value in second.headers.items() if name in sent}


def test_an_ambiguous_case_rests_with_the_clearing_office_and_says_why(
    function: FunctionProcess, conn: Connection
) -> None:
    event = a_received_case(
        conn, named_unit=UnitId("197000"), leika_keys=(LeikaKey("99108015134000"),)
    )

    answer = function.post(event)

    assert answer.json()["authority"] == CLEARING_OFFICE
    assert PostgresCases(conn, WAKE_AFTER).get(event.case_id).rests
    decision = PostgresRoutings(conn).get(event.case_id, 1)
    assert decision is not None
    assert explain(decision) == [
        "clearing-office: no rule decides, so people do",
        (
            "The sender's unit 197000 stands for foerdetal-bau, foerdetal-gewerbe, and the "
            "directory holds several of them responsible."
        ),
        "Directory: version 1 (latest import: demo: responsibilities.csv (full))",
        "  foerdetal-bau for 99108015134000 in 019990001: not ruled out",
        "  foerdetal-gewerbe for 99108015134000 in 019990001: not ruled out",
    ]


def test_a_tenant_that_takes_nothing_from_the_sender_gets_nothing(
    function: FunctionProcess, conn: Connection
) -> None:
    conn.execute("UPDATE tenants SET document = document || '{\"senders\": []}'")
    event = a_received_case(conn, named_unit=UnitId("197008"))

    assert function.post(event).json()["authority"] == CLEARING_OFFICE


def test_an_unknown_case_can_never_succeed(function: FunctionProcess) -> None:
    _, event = a_case().announce(CaseReceived, sender=FORMSERVER)

    assert function.post(event).status == 422


def test_without_a_directory_the_event_is_refused_for_now(
    conn: Connection, database_url: str, tmp_path: Path
) -> None:
    event = a_received_case(conn)
    url = as_role(database_url, "lotse_route")

    with a_function(SOURCE, tmp_path, DATABASE_URL=url) as function:
        assert function.post(event).status == 503


def test_while_the_database_is_away_the_event_is_refused_and_later_taken(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres", free_port())
    with Supervisor(tmp_path / "postgres") as supervisor:
        supervisor.start(server.part())
        server.ensure_database()
        migrate(server.url())
        with psycopg.connect(server.url()) as conn:
            with_demo(conn)
            event = a_received_case(conn, named_unit=UnitId("197008"))
        with a_function(SOURCE, tmp_path, DATABASE_URL=server.url("lotse_route")) as function:
            supervisor.stop("postgres")
            assert function.post(event).status == 503

            supervisor.start(server.part())
            first = taken(function, event)
            supervisor.stop("postgres")
            assert function.post(event).status == 503

            supervisor.start(server.part())
            assert taken(function, event) == first


def taken(function: FunctionProcess, event: CaseReceived) -> bytes:
    """Sent again as the broker does: the pool needs a moment to find the database again."""
    end = time.monotonic() + 60
    while (answer := function.post(event)).status == 503 and time.monotonic() < end:
        time.sleep(0.1)
    assert answer.status == 200
    return answer.data
