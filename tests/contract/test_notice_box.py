"""What every `NoticeBox` promises, and what the one in Postgres does with its notices."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
import pytest

from functions.assign.notices import PostgresNotices
from shared.adapters.memory import InMemoryCases, InMemoryNoticeBox
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case
from shared.domain.identifiers import POST_ROOM, AccountId, UnitId
from shared.domain.notice import Notice, Recipient, notice_of
from shared.ports import Cases, NoticeBox
from tests.factories import TENANT, TRADE_OFFICE, a_case, stored

ANNA, TEAM = AccountId("a-1"), UnitId("u-1")
LEASE = timedelta(minutes=2)


class Boxed(NamedTuple):
    cases: Cases
    box: NoticeBox
    read: Callable[[], list[Notice]]


@pytest.fixture(params=["memory", "postgres"])
def boxed(request: pytest.FixtureRequest) -> Boxed:
    if request.param == "memory":
        box = InMemoryNoticeBox()
        return Boxed(InMemoryCases(), box, lambda: box.notices)
    conn: psycopg.Connection[Any] = request.getfixturevalue("conn")
    notices = PostgresNotices(conn)
    return Boxed(
        PostgresCases(conn, timedelta(minutes=1)),
        notices,
        lambda: [due.notice for due in notices.claim(100, LEASE)],
    )


def assigned(case: Case, unit: UnitId | None = TEAM, assignee: AccountId | None = None) -> Case:
    return case.routed_to(TRADE_OFFICE, TENANT).assigned_to(unit, assignee)


@pytest.mark.parametrize(
    ("unit", "assignee", "kind", "recipient"),
    [
        (TEAM, ANNA, Recipient.ACCOUNT, ANNA),
        (TEAM, None, Recipient.UNIT, TEAM),
        (None, None, Recipient.TEAM_TRAY, None),
        (POST_ROOM, None, Recipient.POST_ROOM, None),
    ],
)
def test_a_notice_is_for_whoever_the_case_lies_with(
    boxed: Boxed,
    unit: UnitId | None,
    assignee: AccountId | None,
    kind: Recipient,
    recipient: str | None,
) -> None:
    notice = notice_of(assigned(stored(boxed.cases, a_case()), unit, assignee))
    assert notice is not None

    boxed.box.add(notice)

    assert boxed.read() == [notice]
    assert (notice.kind, notice.recipient) == (kind, recipient)


def test_every_notice_of_a_case_is_kept(boxed: Boxed) -> None:
    case = stored(boxed.cases, a_case())
    told = [notice_of(assigned(case, TEAM, who)) for who in (ANNA, None, ANNA)]

    for notice in told:
        assert notice is not None
        boxed.box.add(notice)

    assert boxed.read() == told


def test_there_is_nobody_to_be_told_of_a_case_that_is_no_authoritys(boxed: Boxed) -> None:
    assert notice_of(stored(boxed.cases, a_case())) is None
