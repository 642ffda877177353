"""What becomes of a notice when directory or mail server are in trouble, and who hears of it."""

from pathlib import Path

import psycopg

from shared.adapters.memory import InMemoryCaseworkerDirectory
from tests.factories import TRADE_OFFICE
from tests.functions.assign.notices.post_office import PostOffice
from tests.functions.assign.notices.tenant import (
    A1,
    ANNA,
    B2,
    BERND,
    CARLA,
    EVERYBODY,
    TRAY,
    Run,
    Tenant,
)
from tests.roles import as_role

PAGE = Path(__file__).parents[4] / "docs/notices.md"


def test_a_directory_that_is_away_holds_up_only_whom_it_knows(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case(ANNA)
    tenant.has_case(None, None)

    run(InMemoryCaseworkerDirectory(None))
    assert tenant.states == [("due", "directory_away"), ("sent", None)]

    run()
    assert office.recipients == [TRAY]
    tenant.waits()
    run()
    assert office.recipients == [A1, TRAY]


def test_whoever_is_refused_is_given_up_and_the_others_are_told(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    office.answers[A1] = "550 5.1.1 a-1@amt.example unknown"
    tenant.has_case(ANNA)
    tenant.has_case(BERND)

    log = run()

    assert office.recipients == [B2]
    assert tenant.states == [("given_up", "smtp_550"), ("sent", None)]
    assert tenant.tasks == [("notice_failed", TRADE_OFFICE, "no mail to account a-1: smtp_550")]
    assert "@" not in str(log)


def test_the_task_is_closed_when_mail_has_reached_whom_it_did_not(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case(ANNA)
    run()
    office.answers[A1] = "550 5.1.1 unknown"
    tenant.has_case(ANNA)
    run()

    tenant.has_case(BERND)
    run()
    assert len(tenant.tasks) == 1

    office.answers.clear()
    tenant.has_case(ANNA)
    run()
    assert tenant.tasks == []


def test_a_mail_that_may_be_taken_later_is_tried_again_together_with_what_is_new(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    office.answers[A1] = "451 4.2.0 later"
    tenant.has_case(ANNA)
    run()
    assert tenant.states == [("due", "smtp_451")]

    office.answers.clear()
    tenant.has_case(ANNA)
    run()
    assert office.mails == []  # whoever is waited for is waited for with the new ones, too
    tenant.waits()
    run()

    assert office.subjects == ["2 neue Vorgänge warten"]
    assert {*tenant.states} == {("sent", None)}


def test_after_a_day_in_vain_one_task_is_opened_for_the_authority(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    office.answers |= {A1: "451 later", B2: "451 later"}
    for assignee in (ANNA, BERND):
        tenant.has_case(assignee)
    tenant.waits("created_at = now() - interval '25 hours'")
    tenant.has_case(ANNA)

    run()

    assert sorted(state for state, _ in tenant.states) == ["due", "given_up", "given_up"]
    assert len(tenant.tasks) == 1


def test_a_server_that_is_away_is_asked_once_in_a_run(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    office.answers["data"] = "421 4.3.2 going down"
    for assignee in (ANNA, BERND, CARLA):
        tenant.has_case(assignee)

    run()

    assert office.connections == 1
    assert tenant.states == [("due", "smtp_421")] * 3


def test_a_tenant_without_mail_loses_no_notice_at_once(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case()
    tenant.declares(None, EVERYBODY)

    run()
    tenant.declares(office.declared(), EVERYBODY)
    tenant.waits()
    run()

    assert office.recipients == [A1]


def test_an_operator_may_have_it_tried_once_more(
    tenant: Tenant, office: PostOffice, run: Run, database_url: str
) -> None:
    office.answers[A1] = "550 5.1.1 unknown"
    tenant.has_case()
    tenant.waits("created_at = now() - interval '3 days'")
    run()
    office.answers.clear()
    page = PAGE.read_text(encoding="utf-8")
    query = page.partition("```sql\n")[2].partition("```")[0]

    with psycopg.connect(as_role(database_url, "lotse_operator")) as operator:
        operator.execute(query.replace("…", TRADE_OFFICE).encode())
    run()

    assert office.recipients == [A1]
    assert tenant.tasks == []
