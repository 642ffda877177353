"""Killed, cut off or run by several at once: the same mail, and no other."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from functions.assign.mailing.batches import batches
from functions.assign.mailing.delivery import Delivery, open_smtp
from functions.assign.mailing.ports import Mail, MailDoor
from functions.assign.mailing.record import Record
from functions.assign.mailing.run import LEASE, send_notices
from functions.assign.mailing.text import write
from functions.assign.notices import PostgresNotices
from infra.local.ports import free_port
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.adapters.postgres.pool import DatabaseSettings, open_pool
from shared.domain.configuration.mail import MailServer
from shared.domain.identifiers import AuthorityId, TenantId
from tests.functions.assign.notices.post_office import PostOffice
from tests.functions.assign.notices.tenant import (
    A1,
    ADDRESSES,
    ANNA,
    B2,
    BERND,
    C3,
    CARLA,
    EVERYBODY,
    Run,
    Tenant,
)
from tests.roles import as_role


class Killed(BaseException):
    pass


class Dying:
    """Sends, and does not come back to say so."""

    def __init__(self, declared: MailServer) -> None:
        self._door = open_smtp(declared)

    def send(self, mail: Mail) -> None:
        self._door.send(mail)
        raise Killed

    def close(self) -> None:
        self._door.close()


def test_killed_after_sending_the_same_mail_is_sent_again_and_the_new_case_apart(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case()
    with pytest.raises(Killed):
        run(open_door=Dying)
    run()
    assert len(office.mails) == 1  # its lease has not ended

    tenant.has_case()
    tenant.waits()
    run()

    first, *others = office.ids
    assert others.count(first) == 1
    assert office.subjects == ["Ein neuer Vorgang wartet"] * 3
    assert {*tenant.states} == {("sent", None)}


def test_what_may_have_been_taken_keeps_its_id_until_it_is(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case()
    office.answers["data"] = "drop"
    run()
    office.answers["data"] = "451 later"
    tenant.waits()
    run()
    office.answers.clear()
    tenant.waits()
    run()

    assert office.ids == [office.ids[0]] * 2


def test_several_replicas_send_each_mail_once(
    tenant: Tenant, office: PostOffice, database_url: str
) -> None:
    for assignee in (ANNA, BERND, CARLA) * 5:
        tenant.has_case(assignee)
    settings = DatabaseSettings(
        database_url=as_role(database_url, "lotse_assign"), database_pool_size=4
    )
    pool = open_pool(settings)
    replica = Run(pool)
    everybody = InMemoryCaseworkerDirectory({}, addresses=ADDRESSES)

    def send(number: int) -> None:
        send_notices(replica.transactions, everybody, open_smtp, time.monotonic() + 60)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(4)))
    pool.close()

    assert office.recipients == [A1, B2, C3]
    assert office.subjects == ["5 neue Vorgänge warten"] * 3


def test_what_comes_while_a_recipient_is_claimed_is_no_second_mail(
    tenant: Tenant, database_url: str
) -> None:
    tenant.has_case()
    with psycopg.connect(database_url) as first, psycopg.connect(database_url) as second:
        assert len(PostgresNotices(first).claim(20, LEASE)) == 1
        tenant.has_case()

        second.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            PostgresNotices(second).claim(20, LEASE)

        second.rollback()
        first.commit()
        assert PostgresNotices(second).claim(20, LEASE) == []


def test_a_server_that_is_away_is_its_tenants_trouble_only(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.declares(PostOffice(port=free_port()).declared(), EVERYBODY)
    tenant.has_case()
    other = TenantId("ostersund"), AuthorityId("ostersund-bau")
    tenant.declares(office.declared(), {"team_tray": "bau@ostersund.example"}, *other)
    tenant.has_case(None, None, owner=other)

    run()

    assert office.recipients == ["bau@ostersund.example"]
    assert tenant.states == [("due", "connection"), ("sent", None)]


def test_nothing_is_held_while_directory_and_server_are_asked(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    class Checking(InMemoryCaseworkerDirectory):
        def addresses(self, *asked: Any) -> Any:
            with run.transactions():
                return super().addresses(*asked)

    class Door:
        def __init__(self, declared: MailServer) -> None:
            pass

        def send(self, mail: Mail) -> None:
            with run.transactions():
                pass

        def close(self) -> None:
            pass

    tenant.has_case()

    run(Checking({}, addresses=ADDRESSES), Door)

    assert tenant.states == [("sent", None)]


def test_no_mail_is_begun_after_the_end_of_the_run(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    tenant.has_case()
    with run.transactions() as stores:
        (batch,) = batches(stores.notices.claim(20, LEASE))
    delivery = Delivery(open_smtp, Record(run.transactions), deadline=time.monotonic())

    delivery.send(office.declared(), batch, write(batch, A1, "Amt", None))

    assert office.mails == []
    assert tenant.states == [("due", None)]
    run()
    assert office.recipients == [A1]


def test_a_bug_is_one_tenants_and_never_the_runs(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    def broken(declared: MailServer) -> MailDoor:
        raise RuntimeError("a-1@amt.example")

    tenant.has_case()

    log = run(open_door=broken)

    assert [each["event"] for each in log] == [
        "mailing_broke",
        "notices_postponed",
        "notices_handled",
    ]
    assert "@" not in str(log)
    assert tenant.states == [("due", "internal_error")]


def test_what_ended_long_ago_is_forgotten(tenant: Tenant, office: PostOffice, run: Run) -> None:
    tenant.has_case()
    run()
    tenant.conn.execute("UPDATE notices SET ended_at = now() - interval '31 days'")
    tenant.conn.commit()

    run()

    assert tenant.states == []
