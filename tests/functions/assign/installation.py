"""The demo's configuration, brought in, and its directory, as an operator's commands find them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.configuration.load import load
from infra.configuration.store import apply
from infra.local.ldap import PASSWORD, EmbeddedLdap
from infra.local.ports import HOST, free_port
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case
from shared.domain.identifiers import AccountId, UnitId
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, stored
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
DEMO_CONFIG = Path("infra/local/demo/config")
BERTA = AccountId("cd02a9b2-bdce-560d-8de4-fb3bc0efa91d")
JOERG = AccountId("fa033aa7-434c-53cb-bb6e-8bef9f4d11e2")
AENNE = AccountId("a00b74af-75bb-53c8-89f2-cf79b685f84e")  # disabled


@pytest.fixture
def installation(
    conn: psycopg.Connection,
    database_url: str,
    ldap_server: EmbeddedLdap,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[psycopg.Connection]:
    apply(conn, load(DEMO_CONFIG))
    conn.commit()
    monkeypatch.setenv("DATABASE_URL", as_role(database_url, "lotse_operator"))
    monkeypatch.setenv("LDAP_URL", ldap_server.url)
    monkeypatch.setenv(PASSWORD, ldap_server.password)
    yield conn
    conn.rollback()


@pytest.fixture
def directory_away(installation: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAP_URL", f"ldap://{HOST}:{free_port()}")


def held(conn: psycopg.Connection, holder: AccountId | None, **of_the_case: Any) -> Case:
    cases = PostgresCases(conn, WAKE_AFTER)
    case = stored(cases, a_case(**of_the_case)).routed_to(TRADE_OFFICE, TENANT)
    cases.save(case.assigned_to(UnitId("u"), holder), entry=an_entry("case.assigned"))
    conn.execute(
        "INSERT INTO submissions (case_id, control, fields, fingerprint, fingerprint_version)"
        " VALUES (%s, '{}', '[]', '', 1)",
        [case.id],
    )
    conn.commit()
    return cases.get(case.id)
