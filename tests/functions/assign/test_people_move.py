"""A real Active Directory whose people leave, are renamed and move: what becomes of their cases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from functions.assign.answers import Answers
from functions.assign.checking import Checking
from functions.assign.configuration import read_directories
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.ports import Stores
from functions.assign.stores import stores_over
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool, transaction
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId, CaseId, TenantId, UnitId
from tests.directories import municipality as amt
from tests.directories.samba import SambaServer
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, routed
from tests.functions.assign.directories import PASSWORD, at
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
HOLDERS = (amt.LEA, amt.ANTON, amt.AENNE, amt.BERTA, amt.PAUL, amt.NORA, amt.KARL, amt.STAR)


@pytest.fixture
def directory(own_samba_server: SambaServer, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, own_samba_server.password)
    return at(
        own_samba_server.tls_url,
        ca_file=str(own_samba_server.ca_file),
        mapping={},
        base=own_samba_server.base,
        bind_dn=own_samba_server.bind_dn,
    )


@pytest.fixture
def pool(database_url: str, conn: psycopg.Connection[Any], directory: Directory) -> Iterator[Pool]:
    conn.execute("INSERT INTO tenants (id, document) VALUES (%s, '{}')", [TENANT])
    conn.execute(
        "INSERT INTO directories (tenant, id, document) VALUES (%s, %s, %s)",
        [TENANT, directory.id, directory.model_dump_json(exclude_none=True)],
    )
    conn.commit()
    url = as_role(database_url, "lotse_assign")
    pool = open_pool(DatabaseSettings(database_url=url, database_pool_size=2))
    yield pool
    pool.close()


@pytest.fixture
def checking(pool: Pool) -> Iterator[Checking]:
    over_ldap = LdapCaseworkerDirectory()

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield stores_over(conn, WAKE_AFTER)

    def declared() -> list[tuple[TenantId, Directory]]:
        with transaction(pool) as conn:
            return read_directories(conn)

    answers = Answers(over_ldap, PostgresKeptAnswers(lambda: transaction(pool)))
    yield Checking(declared, answers.of, transactions)
    over_ldap.close()


@pytest.fixture
def ids(directory: Directory) -> dict[str, AccountId]:
    """By distinguished name."""
    over_ldap = LdapCaseworkerDirectory()
    found = over_ldap.named(directory, HOLDERS)
    over_ldap.close()
    return {dn: account.id for dn, account in found.items()}


def held_by_each(conn: psycopg.Connection[Any], ids: dict[str, AccountId]) -> dict[str, CaseId]:
    cases = PostgresCases(conn, WAKE_AFTER)
    held = {}
    for dn, account in ids.items():
        event = routed(cases, a_case(), TRADE_OFFICE)
        case = cases.get(event.case_id).assigned_to(UnitId("u-1"), account)
        cases.save(case, entry=an_entry("case.assigned"))
        held[dn] = case.id
    conn.commit()
    return held


def test_who_left_loses_the_cases_and_who_only_moved_keeps_them(
    own_samba_server: SambaServer,
    checking: Checking,
    ids: dict[str, AccountId],
    conn: psycopg.Connection[Any],
) -> None:
    held = held_by_each(conn, ids)
    assert len(held) == len(HOLDERS)

    checking.run(float("inf"))
    assert changes(conn, held, ids) == {}

    with own_samba_server.admin() as admin:
        admin.delete(amt.AENNE)
        admin.modify(amt.PAUL, {"userAccountControl": [("MODIFY_REPLACE", ["66050"])]})
        admin.modify_dn(amt.NORA, "CN=Nora Nordmann")
        admin.modify_dn(amt.STAR, amt.STAR.partition(",OU=")[0], new_superior=amt.BUILDING)
        admin.modify_dn(amt.KARL, amt.KARL.partition(",")[0], new_superior=amt.NEIGHBOUR)
    conn.execute("UPDATE directory_checks SET due_at = now()")
    conn.commit()
    checking.run(float("inf"))

    # Paul's deputy is Berta. Whoever lies outside of the base is as gone as whoever was deleted.
    assert changes(conn, held, ids) == {
        amt.AENNE: None,
        amt.KARL: None,
        amt.PAUL: ids[amt.BERTA],
    }
    row = conn.execute("SELECT failure FROM directory_checks").fetchone()
    assert row == (None,)


def test_a_controller_that_is_away_moves_nobody_and_is_asked_again_soon(
    own_samba_server: SambaServer,
    checking: Checking,
    ids: dict[str, AccountId],
    conn: psycopg.Connection[Any],
) -> None:
    held = held_by_each(conn, ids)
    own_samba_server.kill()

    checking.run(float("inf"))

    assert changes(conn, held, ids) == {}
    row = conn.execute(
        "SELECT failure IS NOT NULL, due_at < now() + interval '2 minutes' FROM directory_checks"
    ).fetchone()
    assert row == (True, True)


def changes(
    conn: psycopg.Connection[Any], held: dict[str, CaseId], ids: dict[str, AccountId]
) -> dict[str, str | None]:
    """Who has the case now, of each that somebody else has."""
    conn.rollback()
    cases = PostgresCases(conn, WAKE_AFTER)
    now = {dn: cases.get(case_id).assignee for dn, case_id in held.items()}
    return {dn: holder for dn, holder in now.items() if holder != ids[dn]}
