"""What every `KeptAnswers` adapter promises, run against each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from functions.assign.answers import Answer, KeptAnswers
from functions.assign.kept_answers import PostgresKeptAnswers
from shared.domain.caseworkers import Account
from shared.domain.identifiers import TenantId
from tests.assigning import InMemoryKeptAnswers
from tests.casework import ANNA, BERND, OTHER, TARGET, a_directory, away, team
from tests.factories import TENANT
from tests.roles import as_role

AD = a_directory()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEAM = team(
    away(ANNA, deputy="CN=Größe\\, Bernd,DC=amt", manager="CN=Chef"),
    Account(id=BERND, enabled=False, locked=True, expires_at=AT, capacity=50, is_service=True),
    unreadable=2,
)


@pytest.fixture(params=["memory", "postgres"])
def kept(request: pytest.FixtureRequest) -> Iterator[KeptAnswers]:
    if request.param == "memory":
        yield InMemoryKeptAnswers()
        return
    url = as_role(request.getfixturevalue("database_url"), "lotse_assign")
    with psycopg.connect(url) as conn:

        @contextmanager
        def transaction() -> Iterator[psycopg.Connection[Any]]:
            with conn.transaction():
                yield conn

        yield PostgresKeptAnswers(transaction)


@pytest.mark.parametrize("members", [TEAM, team(), None], ids=["a team", "nobody", "no such group"])
def test_an_answer_comes_back_as_it_was_given(kept: KeptAnswers, members: Any) -> None:
    kept.keep(TENANT, AD, TARGET, Answer(members, AT))

    assert kept.get(TENANT, AD, TARGET) == Answer(members, AT)


def test_an_answer_is_to_one_question_of_one_tenant(kept: KeptAnswers) -> None:
    kept.keep(TENANT, AD, TARGET, Answer(TEAM, AT))

    assert kept.get(TENANT, AD, OTHER) is None
    assert kept.get(TENANT, a_directory(id="another"), TARGET) is None
    assert kept.get(TenantId("another"), AD, TARGET) is None


def test_of_several_the_latest_is_kept(kept: KeptAnswers) -> None:
    first, second = Answer(TEAM, AT), Answer(team(BERND), AT + timedelta(seconds=1))
    kept.keep(TENANT, AD, TARGET, second)
    kept.keep(TENANT, AD, TARGET, first)

    assert kept.get(TENANT, AD, TARGET) == second


@pytest.mark.parametrize(
    "changes",
    [
        {"base": "DC=kreis,DC=example"},
        {"kind": "openldap"},
        {"mapping": {"capacity": "employeeNumber"}},
    ],
)
def test_under_another_declaration_it_is_no_answer(
    kept: KeptAnswers, changes: dict[str, Any]
) -> None:
    kept.keep(TENANT, AD, TARGET, Answer(TEAM, AT))

    assert kept.get(TENANT, a_directory(**changes), TARGET) is None


def test_under_another_server_password_or_time_it_still_is_one(kept: KeptAnswers) -> None:
    kept.keep(TENANT, AD, TARGET, Answer(TEAM, AT))
    moved = a_directory(
        servers=["ldaps://dc2.amt.example"], password="env:ANOTHER", fresh_seconds=1
    )

    assert kept.get(TENANT, moved, TARGET) == Answer(TEAM, AT)


@pytest.mark.parametrize("kept", ["postgres"], indirect=True)
def test_what_nobody_asks_for_any_more_is_forgotten(kept: PostgresKeptAnswers) -> None:
    now = datetime.now(UTC)
    kept.keep(TENANT, AD, TARGET, Answer(TEAM, now - timedelta(days=31)))
    kept.keep(TENANT, AD, OTHER, Answer(TEAM, now - timedelta(days=29)))

    kept.forget(timedelta(days=30))

    assert kept.get(TENANT, AD, TARGET) is None
    assert kept.get(TENANT, AD, OTHER) is not None
