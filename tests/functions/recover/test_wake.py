"""Waking what is due, on a real PostgreSQL and with several replicas side by side."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from functions.recover.wake import Waking, Woken, wake
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.errors import NotPublished, Unavailable
from shared.domain.events import CaseForwarded, CaseReceived, CaseRouted, Event
from shared.domain.identifiers import CLEARING_OFFICE
from shared.domain.waking import CASE_STALLED
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, stored
from tests.functions.recover.stores import WAKE_AFTER, a_due_case, transactions_of, waking

Connection = psycopg.Connection[Any]
WAKING = Waking(attempts=40, per_run=1000, at_once=4)


class Broker:
    """Takes events; `refuses` says with which error it does not."""

    def __init__(self, refuses: type[Exception] | None = None) -> None:
        self.refuses = refuses
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        if self.refuses is not None:
            raise self.refuses("as the test wants it")
        with self._lock:
            self.events.append(event)


def run(database_url: str, broker: Broker, waking: Waking = WAKING) -> Woken:
    return wake(transactions_of(database_url), broker.send, waking, time.monotonic() + 60)


def test_a_due_case_gets_its_last_event_sent_unchanged(database_url: str, conn: Connection) -> None:
    case = stored(PostgresCases(conn, timedelta()), a_case())
    cases = PostgresCases(conn, timedelta(seconds=-1))
    case, routed = case.routed_to(TRADE_OFFICE, TENANT).announce(
        CaseRouted, authority=TRADE_OFFICE, tenant=TENANT
    )
    cases.save(case, entry=an_entry("case.routed"), event=routed)
    conn.commit()
    broker = Broker()

    run(database_url, broker)

    assert broker.events == [routed]


def test_a_case_that_is_not_due_is_left_alone(database_url: str, conn: Connection) -> None:
    stored(PostgresCases(conn, WAKE_AFTER), a_case())
    conn.commit()
    broker = Broker()

    assert run(database_url, broker).claimed == 0
    assert broker.events == []


def test_a_case_that_waits_for_a_person_or_is_through_is_never_woken(
    database_url: str, conn: Connection
) -> None:
    cases = PostgresCases(conn, timedelta(days=-1))
    waits = stored(cases, a_case())
    waits, routed = waits.routed_to(CLEARING_OFFICE, None).announce(
        CaseRouted, authority=CLEARING_OFFICE
    )
    cases.save(waits, entry=an_entry("case.routed"), event=routed)
    through = stored(cases, a_case())
    through, forwarded = through.forwarded().announce(CaseForwarded)
    cases.save(through, entry=an_entry("case.forwarded"), event=forwarded)
    conn.commit()
    broker = Broker()

    run(database_url, broker)

    assert broker.events == []


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (39, 60)]
)
def test_each_time_it_takes_twice_as_long_but_never_more_than_an_hour(
    database_url: str, conn: Connection, attempts: int, minutes: int
) -> None:
    case = a_due_case(conn, attempts=attempts)

    run(database_url, Broker())

    until, attempts_now = waking(conn, case)
    assert attempts_now == attempts + 1
    assert until is not None
    assert timedelta(minutes=minutes - 1) < until <= timedelta(minutes=minutes)


def test_the_configured_attempts_span_more_than_a_day() -> None:
    delays = [min(60 * 2**attempt, 3600) for attempt in range(WAKING.attempts)]

    assert sum(delays) > 24 * 3600


def test_replicas_side_by_side_send_each_case_once(database_url: str, conn: Connection) -> None:
    expected = {a_due_case(conn).id for _ in range(60)}
    broker = Broker()

    with ThreadPoolExecutor(4) as replicas:
        runs = list(replicas.map(lambda _: run(database_url, broker), range(4)))

    assert Counter(event.case_id for event in broker.events) == Counter(expected)
    assert sum(woken.sent for woken in runs) == 60


def test_the_oldest_come_first_and_a_run_takes_no_more_than_its_share(
    database_url: str, conn: Connection
) -> None:
    cases = {a_due_case(conn, minutes=minutes).id: minutes for minutes in (5, 30, 10, 60, 20)}
    broker = Broker()

    woken = run(database_url, broker, Waking(attempts=40, per_run=3, at_once=1))

    assert woken.claimed == 3
    assert [cases[event.case_id] for event in broker.events] == [60, 30, 20]


def test_after_the_last_attempt_a_person_has_a_task_and_the_case_is_not_woken(
    database_url: str, conn: Connection
) -> None:
    case = a_due_case(conn, attempts=WAKING.attempts)
    broker = Broker()

    assert run(database_url, broker).stalled == 1
    assert run(database_url, broker).stalled == 0

    assert broker.events == []
    assert waking(conn, case) == (None, WAKING.attempts)
    with transactions_of(database_url)() as stores:
        (task,) = stores.tasks.all_open()
    assert (task.kind, task.case_id) == (CASE_STALLED, case.id)
    assert task.reason == "still received after it was woken 40 times"


def test_the_task_is_closed_when_the_case_moves_on_by_itself(
    database_url: str, conn: Connection
) -> None:
    case = a_due_case(conn, attempts=WAKING.attempts)
    run(database_url, Broker())
    case, routed = case.routed_to(TRADE_OFFICE, TENANT).announce(
        CaseRouted, authority=TRADE_OFFICE, tenant=TENANT
    )
    PostgresCases(conn, WAKE_AFTER).save(case, entry=an_entry("case.routed"), event=routed)
    conn.commit()

    run(database_url, Broker())

    with transactions_of(database_url)() as stores:
        assert stores.tasks.all_open() == []


def test_while_the_broker_is_away_cases_stay_due_and_lose_no_attempt(
    database_url: str, conn: Connection
) -> None:
    cases = [a_due_case(conn) for _ in range(20)]

    woken = run(database_url, Broker(refuses=NotPublished))

    assert woken.claimed == woken.given_back == 2 * WAKING.at_once  # then the run gave up
    for case in cases:
        until, attempts = waking(conn, case)
        assert until is not None
        assert until <= timedelta()
        assert attempts == 0
    broker = Broker()
    run(database_url, broker)
    assert {event.case_id for event in broker.events} == {case.id for case in cases}


def test_an_event_that_was_perhaps_published_is_sent_again_when_its_lease_ends(
    database_url: str, conn: Connection
) -> None:
    case = a_due_case(conn)

    run(database_url, Broker(refuses=Unavailable))

    until, attempts = waking(conn, case)
    assert until is not None
    assert until > timedelta()
    assert attempts == 1


def test_a_case_that_moves_on_while_its_event_fails_is_not_given_back(
    database_url: str, conn: Connection
) -> None:
    case = a_due_case(conn)

    def forward_it_meanwhile(event: Event) -> None:
        through, forwarded = case.forwarded().announce(CaseForwarded)
        PostgresCases(conn, WAKE_AFTER).save(
            through, entry=an_entry("case.forwarded"), event=forwarded
        )
        conn.commit()
        raise NotPublished(str(event.id))

    wake(
        transactions_of(database_url),
        forward_it_meanwhile,
        Waking(attempts=40, per_run=10, at_once=1),
        time.monotonic() + 60,
    )

    assert waking(conn, case) == (None, 0)


@pytest.mark.parametrize("error", [Unavailable, NotPublished, RuntimeError])
def test_a_poisonous_case_does_not_hold_up_the_others(
    database_url: str, conn: Connection, error: type[Exception]
) -> None:
    poisonous = [a_due_case(conn, minutes=60).id for _ in range(3)]
    healthy = {a_due_case(conn).id for _ in range(3)}
    broker = Broker()

    def send(event: Event) -> None:
        if event.case_id in poisonous:
            raise error("poisonous")
        broker.send(event)

    for _ in range(4):
        wake(
            transactions_of(database_url),
            send,
            Waking(attempts=40, per_run=2, at_once=1),
            time.monotonic() + 60,
        )

    assert {event.case_id for event in broker.events} == healthy


def test_an_event_that_this_version_cannot_read_does_not_hold_up_the_others(
    database_url: str, conn: Connection
) -> None:
    unreadable = a_due_case(conn, minutes=60)
    conn.execute(
        "UPDATE events SET type = 'of.a.later.version' WHERE case_id = %s", [unreadable.id]
    )
    conn.commit()
    readable = a_due_case(conn)
    broker = Broker()

    woken = run(database_url, broker)

    assert woken.unreadable == 1
    assert [event.case_id for event in broker.events] == [readable.id]
    assert all(isinstance(event, CaseReceived) for event in broker.events)
