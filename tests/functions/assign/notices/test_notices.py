"""Whoever has new cases is told by one mail, and of nothing but that."""

from datetime import timedelta

import pytest

from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.identifiers import POST_ROOM
from tests.functions.assign.notices.post_office import PostOffice
from tests.functions.assign.notices.tenant import (
    A1,
    ANNA,
    B2,
    BERND,
    EVERYBODY,
    POST,
    TEAM,
    TRAY,
    U1,
    Run,
    Tenant,
)


def test_a_hundred_new_cases_are_one_mail_to_each(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    for _ in range(97):
        tenant.has_case(ANNA)
    for assignee, unit in ((BERND, TEAM), (None, TEAM), (None, POST_ROOM), (None, None)):
        tenant.has_case(assignee, unit)

    run()
    run()

    assert office.recipients == sorted([A1, B2, U1, POST, TRAY])
    assert sorted(office.subjects) == ["97 neue Vorgänge warten"] + ["Ein neuer Vorgang wartet"] * 4
    assert {*tenant.states} == {("sent", None)}
    assert office.connections == 1


def test_a_mail_tells_nothing_but_numbers_and_where_to_look(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.declares(office.declared(link="https://desk.example/{number}"), EVERYBODY)
    case = tenant.has_case(form_id="Gewerbe-4711", form_name="Anmeldung Erika Mustermann")

    log = run()

    (mail,) = office.mails
    number = PostgresCases(tenant.conn, timedelta(minutes=1)).get(case.id).number
    assert f"{number}: https://desk.example/{number}" in mail.get_content()
    assert "Ordnungsamt" in mail.get_content()
    for secret in (str(case.id), "Gewerbe", "Erika", case.transaction_id):
        assert secret not in str(mail)
    assert [each["event"] for each in log] == ["notices_handled"]
    assert "@" not in str(log)


def test_test_cases_have_a_mail_of_their_own(tenant: Tenant, office: PostOffice, run: Run) -> None:
    tenant.has_case()
    tenant.has_case(is_test=True)

    run()

    assert sorted(office.subjects) == [
        "Ein neuer Vorgang wartet",
        "[Test] Ein neuer Vorgang wartet",
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("assignee", BERND),
        ("assignee", None),
        ("authority", "another"),
        ("authority", None),
        ("round", 2),
        ("status", "closed"),
    ],
)
def test_what_has_moved_on_is_not_told(
    tenant: Tenant, office: PostOffice, run: Run, column: str, value: object
) -> None:
    tenant.changes(tenant.has_case().id, column, value)

    run()

    assert office.mails == []
    assert tenant.states == [("dropped", "moved_on")]


def test_what_was_switched_off_meanwhile_is_dropped(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case(ANNA)
    tenant.has_case(None, None)
    tenant.declares(office.declared(), {"team_tray": TRAY})

    run()

    assert office.recipients == [TRAY]
    assert tenant.states == [("dropped", "switched_off"), ("sent", None)]


def test_who_has_no_address_is_not_told_and_a_team_has_the_tray(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case(ANNA)
    tenant.has_case(None, TEAM)
    injected = {str(ANNA): "a-1@amt.example\r\nBcc: all@amt.example"}

    log = run(InMemoryCaseworkerDirectory({}, addresses=injected))

    assert office.recipients == [TRAY]
    assert tenant.states == [("dropped", "no_address"), ("sent", None)]
    assert "@" not in str(log)
