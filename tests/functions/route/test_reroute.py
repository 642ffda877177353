"""Re-routing in the database: late events of the former round, two people at once, rights."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors

from functions.assign.assign import assign
from functions.assign.ports import Stores as AssignStores
from functions.assign.rules import TenantRules
from functions.assign.stores import stores_over
from functions.route.reroute import reroute
from functions.route.route import route
from functions.route.routings import PostgresRoutings
from shared.adapters.memory import (
    InMemoryAuthorityDirectory,
    InMemoryCaseworkerDirectory,
    InMemoryFormFields,
    InMemoryRulebooks,
)
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.actor import Actor
from shared.domain.case import Case, Stage
from shared.domain.errors import StaleCase
from shared.domain.events import CaseAssigned, CaseReceived, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId
from tests.assigning import asking
from tests.contract.test_case_log import until_somebody_waits, verifies
from tests.factories import BUILDING_OFFICE
from tests.rerouting import (
    NEIGHBOURS_OFFICE,
    WAKE_AFTER,
    Connection,
    Scene,
    in_postgres,
    stores_of,
)
from tests.roles import as_role

CLERK = Actor.operator("clerk")


@pytest.fixture
def scene(conn: Connection) -> Scene:
    return in_postgres(conn)


@pytest.fixture
def case(scene: Scene, conn: Connection) -> Case:
    case = scene.a_routed_case()
    conn.commit()
    return case


def re_route(database_url: str, case: Case, to: AuthorityId = NEIGHBOURS_OFFICE) -> CaseRouted:
    with psycopg.connect(as_role(database_url, "lotse_operator")) as conn:
        return reroute(case.id, to, "a person says so", CLERK, stores_of(conn))


def everything_of(conn: Connection, case: Case) -> list[object]:
    """All that an event could have changed."""
    conn.rollback()
    queries = (
        "SELECT cases::text FROM cases WHERE id = %s",
        "SELECT id::text FROM events WHERE case_id = %s ORDER BY sequence",
        "SELECT hash FROM case_log WHERE case_id = %s ORDER BY seq",
        "SELECT round FROM routings WHERE case_id = %s ORDER BY round",
        "SELECT round FROM assignments WHERE case_id = %s ORDER BY round",
    )
    return [conn.execute(query.encode(), [case.id]).fetchall() for query in queries]


def assigned(database_url: str, event: CaseRouted) -> CaseAssigned | None:
    @contextmanager
    def transactions() -> Iterator[AssignStores]:
        with psycopg.connect(as_role(database_url, "lotse_assign")) as conn:
            yield stores_over(conn, WAKE_AFTER)

    directory = InMemoryCaseworkerDirectory({})
    return assign(event, lambda tenant: TenantRules((), ()), asking(directory), transactions)


def routed_again(database_url: str, event: CaseReceived) -> CaseRouted | None:
    with psycopg.connect(as_role(database_url, "lotse_route")) as conn:
        return route(
            event,
            InMemoryAuthorityDirectory(),
            InMemoryRulebooks(),
            InMemoryFormFields({}),
            PostgresRoutings(conn),
            PostgresCases(conn, WAKE_AFTER),
        )


@pytest.mark.parametrize("to", [NEIGHBOURS_OFFICE, CLEARING_OFFICE])
def test_a_late_event_of_the_former_round_changes_nothing_and_has_no_reply(
    to: AuthorityId, case: Case, conn: Connection, database_url: str
) -> None:
    re_route(database_url, case, to)
    before = everything_of(conn, case)
    received = PostgresCases(conn, WAKE_AFTER).event(case.id, CaseReceived, 1)
    routed = PostgresCases(conn, WAKE_AFTER).event(case.id, CaseRouted, 1)

    assert routed_again(database_url, received) is None
    assert assigned(database_url, routed) is None

    assert everything_of(conn, case) == before


def test_the_event_of_the_new_round_is_assigned_for_the_new_authority(
    case: Case, database_url: str, conn: Connection
) -> None:
    event = re_route(database_url, case)

    reply = assigned(database_url, event)

    assert reply is not None
    assert (reply.authority, reply.round) == (NEIGHBOURS_OFFICE, 2)
    assert PostgresCases(conn, WAKE_AFTER).get(case.id).stage is Stage.ASSIGNED


def test_nobody_is_assigned_who_was_chosen_while_the_case_was_re_routed(
    case: Case, database_url: str, conn: Connection
) -> None:
    event = PostgresCases(conn, WAKE_AFTER).event(case.id, CaseRouted, 1)
    conn.rollback()
    opened: list[bool] = []

    @contextmanager
    def transactions() -> Iterator[AssignStores]:
        if opened:
            re_route(database_url, case)
        opened.append(True)
        with psycopg.connect(as_role(database_url, "lotse_assign")) as other:
            yield stores_over(other, WAKE_AFTER)

    directory = InMemoryCaseworkerDirectory({})
    assert (
        assign(event, lambda tenant: TenantRules((), ()), asking(directory), transactions) is None
    )

    assert len(opened) == 2
    assert PostgresCases(conn, WAKE_AFTER).get(case.id).stage is Stage.ROUTED


def test_of_two_people_at_once_the_second_has_to_look_again(
    case: Case, database_url: str, conn: Connection
) -> None:
    with (
        ThreadPoolExecutor(1) as threads,
        psycopg.connect(as_role(database_url, "lotse_operator")) as first,
    ):
        reroute(case.id, BUILDING_OFFICE, "the first", CLERK, stores_of(first))
        second = threads.submit(re_route, database_url, case)
        until_somebody_waits(database_url)
        first.commit()
        with pytest.raises(StaleCase):
            second.result()

    moved = PostgresCases(conn, WAKE_AFTER).get(case.id)
    assert (moved.authority, moved.round) == (BUILDING_OFFICE, 2)


def test_the_record_stays_one_chain(case: Case, database_url: str, conn: Connection) -> None:
    re_route(database_url, case)

    assert verifies(conn, case)
    row = conn.execute("SELECT count(*) FROM case_log WHERE case_id = %s", [case.id]).fetchone()
    assert row == (3,)


@pytest.mark.parametrize(("to", "due"), [(NEIGHBOURS_OFFICE, True), (CLEARING_OFFICE, None)])
def test_recover_sends_it_at_once_unless_people_decide(
    to: AuthorityId, due: bool | None, case: Case, database_url: str, conn: Connection
) -> None:
    re_route(database_url, case, to)

    row = conn.execute(
        "SELECT next_wake_at <= now(), wake_attempts FROM cases WHERE id = %s", [case.id]
    ).fetchone()
    assert row == (due, 0)


MOVES = [
    "UPDATE cases SET round = round + 1",
    "UPDATE cases SET authority = 'ostersund-amt', tenant = 'ostersund'",
    "UPDATE cases SET authority = 'clearing-office', tenant = NULL",
    "UPDATE cases SET authority = NULL, tenant = NULL",
    "UPDATE cases SET tenant = 'ostersund'",
]


@pytest.mark.parametrize("statement", MOVES)
@pytest.mark.parametrize("role", ["receive", "route", "assign", "forward", "recover", "operator"])
def test_nothing_else_moves_a_case(
    role: str, statement: str, case: Case, database_url: str
) -> None:
    with (
        psycopg.connect(as_role(database_url, f"lotse_{role}")) as conn,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        conn.execute(statement.encode())


@pytest.mark.parametrize("role", ["receive", "route", "assign", "forward", "recover"])
def test_no_function_re_routes(role: str, case: Case, database_url: str) -> None:
    with psycopg.connect(as_role(database_url, f"lotse_{role}")) as conn:
        row = conn.execute(
            "SELECT has_function_privilege(current_user, oid, 'EXECUTE') FROM pg_proc"
            " WHERE proname = 'reroute_case'"
        ).fetchone()
    assert row == (False,)


def test_what_re_routes_may_do_only_that_and_nobody_is_it(conn: Connection) -> None:
    row = conn.execute(
        """
        SELECT r.rolcanlogin, r.rolsuper, r.rolbypassrls, p.prosecdef, p.proconfig,
               (SELECT count(*) FROM pg_auth_members WHERE roleid = r.oid)
          FROM pg_proc p
          JOIN pg_roles r ON r.oid = p.proowner
         WHERE p.proname = 'reroute_case' AND r.rolname = 'lotse_rerouting'
        """
    ).fetchone()
    assert row == (False, False, False, True, ["search_path=public, pg_temp"], 0)
    owned = conn.execute(
        "SELECT count(*) FROM pg_class WHERE relowner = 'lotse_rerouting'::regrole"
    ).fetchone()
    assert owned == (0,)
    row = conn.execute(
        "SELECT has_schema_privilege('lotse_rerouting', 'public', 'CREATE')"
    ).fetchone()
    assert row == (False,)
