"""What every `OwnSettings` adapter promises, run against each of them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from functions.assign.own_settings import PostgresOwnSettings
from shared.adapters.memory import InMemoryOwnSettings
from shared.domain.caseworkers import Absence, OwnSetting
from shared.domain.identifiers import AccountId, TenantId
from shared.ports import OwnSettings
from tests.casework import ANNA, BERND, CARLA, DORA
from tests.factories import TENANT

NOW = datetime.now(UTC).replace(microsecond=0)
AGO, SOON = NOW - timedelta(days=1), NOW + timedelta(days=1)
AWAY = Absence(starts_at=AGO, ends_at=SOON, deputy=CARLA, hands_over=False)
UNTIL_FURTHER_NOTICE = Absence(starts_at=SOON)
SETTINGS = {
    ANNA: OwnSetting(capacity=50, absences=(AWAY, UNTIL_FURTHER_NOTICE)),
    BERND: OwnSetting(capacity=0),
    CARLA: OwnSetting(absences=(AWAY.model_copy(update={"deputy": None}),)),
}

Told = Callable[[Mapping[AccountId, OwnSetting]], OwnSettings]


@pytest.fixture(params=["memory", "postgres"])
def told(request: pytest.FixtureRequest) -> Told:
    if request.param == "memory":
        return InMemoryOwnSettings
    conn = request.getfixturevalue("conn")

    def fill(settings: Mapping[AccountId, OwnSetting]) -> OwnSettings:
        for account, setting in settings.items():
            insert(conn, account, setting)
        return PostgresOwnSettings(conn)

    return fill


def insert(conn: psycopg.Connection, account: AccountId, setting: OwnSetting) -> None:
    if setting.capacity is not None:
        conn.execute(
            "INSERT INTO capacities (tenant, account, capacity, set_by) VALUES (%s, %s, %s, '{}')",
            [TENANT, account, setting.capacity],
        )
    for absence in setting.absences:
        conn.execute(
            """
            INSERT INTO absences (tenant, account, starts_at, ends_at, deputy, hands_over, set_by)
            VALUES (%(tenant)s, %(account)s, %(starts_at)s, %(ends_at)s, %(deputy)s,
                    %(hands_over)s, '{}')
            """,
            {"tenant": TENANT, "account": account, **absence.model_dump()},
        )


def test_what_was_told_comes_back_for_whoever_is_asked_for(told: Told) -> None:
    settings = told(SETTINGS)

    assert settings.of(TENANT, [ANNA, BERND, CARLA, DORA]) == SETTINGS
    assert settings.of(TENANT, {BERND}) == {BERND: SETTINGS[BERND]}
    assert settings.of(TENANT, []) == {}


def test_what_is_over_or_taken_back_or_anothers_does_not_count(conn: psycopg.Connection) -> None:
    over = Absence(starts_at=AGO, ends_at=NOW - timedelta(hours=1))
    insert(conn, ANNA, OwnSetting(absences=(over,)))
    insert(conn, BERND, OwnSetting(absences=(AWAY,)))
    conn.execute("UPDATE absences SET revoked_at = now() WHERE account = %s", [BERND])
    insert(conn, CARLA, OwnSetting(capacity=10))

    settings = PostgresOwnSettings(conn)

    assert settings.of(TENANT, [ANNA, BERND]) == {}
    assert settings.of(TenantId("another"), [CARLA]) == {}
