"""What people tell us of themselves, and how it is read: against memory and Postgres."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest

from functions.assign.own_settings import PostgresOwnSettings, PostgresOwnStatements
from functions.assign.own_statements import OwnStatements, StatedAbsence
from shared.domain.actor import Actor
from shared.domain.caseworkers import Absence, OwnSetting
from shared.domain.identifiers import AccountId, TenantId
from shared.ports import OwnSettings
from tests.assigning import InMemoryOwnStatements
from tests.factories import TENANT
from tests.roles import as_role

ANNA, BERND = (AccountId(name) for name in ("a-1", "b-2"))
NOW = datetime.now(UTC)
OPERATOR, BY_ANNA = Actor.operator("ops"), Actor.caseworker(ANNA)
AWAY = Absence(starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=1), deputy=BERND)
OPEN_ENDED = Absence(starts_at=NOW + timedelta(days=7), hands_over=False)


class Stored(NamedTuple):
    statements: OwnStatements
    settings: OwnSettings


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Stored]:
    if request.param == "memory":
        in_memory = InMemoryOwnStatements()
        yield Stored(in_memory, in_memory)
        return
    url = request.getfixturevalue("database_url")
    with (
        psycopg.connect(as_role(url, "lotse_operator"), autocommit=True) as operators,
        psycopg.connect(as_role(url, "lotse_assign"), autocommit=True) as assigns,
    ):
        yield Stored(PostgresOwnStatements(operators), PostgresOwnSettings(assigns))


def test_what_was_told_is_read_as_it_was_told(store: Stored) -> None:
    later = store.statements.add_absence(TENANT, ANNA, OPEN_ENDED, OPERATOR)
    store.statements.add_absence(TENANT, ANNA, AWAY, BY_ANNA)
    store.statements.set_capacity(TENANT, ANNA, 50, OPERATOR)

    expected = OwnSetting(capacity=50, absences=(AWAY, OPEN_ENDED))
    assert store.settings.of(TENANT, [ANNA, BERND]) == {ANNA: expected}
    assert store.settings.of(TenantId("another"), [ANNA]) == {}
    assert store.statements.absence(later) == StatedAbsence(later, TENANT, ANNA, OPEN_ENDED)


def test_what_is_over_counts_no_more(store: Stored) -> None:
    over = AWAY.model_copy(update={"ends_at": NOW - timedelta(seconds=1)})
    store.statements.add_absence(TENANT, ANNA, over, BY_ANNA)

    assert store.settings.of(TENANT, [ANNA]) == {}


def test_what_was_taken_back_counts_no_more(store: Stored) -> None:
    id_ = store.statements.add_absence(TENANT, ANNA, AWAY, BY_ANNA)

    store.statements.revoke(id_, OPERATOR)
    store.statements.revoke(id_, OPERATOR)

    assert store.settings.of(TENANT, [ANNA]) == {}
    assert store.statements.absence(id_) is None


def test_of_several_capacities_the_last_one_counts(store: Stored) -> None:
    for percent in (50, 0):
        store.statements.set_capacity(TENANT, ANNA, percent, BY_ANNA)
    assert store.settings.of(TENANT, [ANNA])[ANNA].capacity == 0

    store.statements.set_capacity(TENANT, ANNA, None, OPERATOR)

    own = store.settings.of(TENANT, [ANNA])
    assert own.get(ANNA, OwnSetting()).capacity is None


def test_who_said_it_and_who_took_it_back_stays_on_record(
    database_url: str, conn: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(as_role(database_url, "lotse_operator"), autocommit=True) as operators:
        statements = PostgresOwnStatements(operators)
        statements.revoke(statements.add_absence(TENANT, ANNA, AWAY, BY_ANNA), OPERATOR)
        for percent, actor in ((50, OPERATOR), (None, BY_ANNA)):
            statements.set_capacity(TENANT, ANNA, percent, actor)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            operators.execute("UPDATE absences SET ends_at = now()")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            operators.execute("DELETE FROM capacities")

    row = conn.execute("SELECT set_by ->> 'id', revoked_by ->> 'id' FROM absences").fetchone()
    assert row == (ANNA, "ops")
    rows = conn.execute("SELECT capacity, set_by ->> 'id' FROM capacities ORDER BY id").fetchall()
    assert rows == [(50, "ops"), (None, ANNA)]
