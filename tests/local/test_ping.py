"""The timer posts what a PingSource posts, when the schedule says so."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.broker.event import Event
from infra.local.ping import Ping, UnknownSchedule, seconds_until_next
from tests.local.http_parts import Answer, a_subscriber, eventually

HOUR = 1_800_000_000 // 3600 * 3600


@contextmanager
def pinging(ping: Ping) -> Iterator[None]:
    ping.start()
    try:
        yield
    finally:
        ping.stop()
        ping.join()


@pytest.mark.parametrize(
    ("schedule", "into_the_hour", "wait"),
    [
        ("* * * * *", 0, 60),
        ("* * * * *", 59.5, 0.5),
        ("*/5 * * * *", 60, 240),
        ("*/7 * * * *", 3590, 10),
    ],
)
def test_the_schedule_is_kept(schedule: str, into_the_hour: float, wait: float) -> None:
    assert seconds_until_next(schedule, HOUR + into_the_hour) == pytest.approx(wait)


@pytest.mark.parametrize("schedule", ["0 4 * * *", "*/0 * * * *", "*/60 * * * *", "@daily", ""])
def test_a_schedule_that_it_cannot_keep_is_refused(schedule: str) -> None:
    with pytest.raises(UnknownSchedule, match="cannot keep the schedule"):
        seconds_until_next(schedule, 0)


def test_it_posts_a_valid_event_again_and_again() -> None:
    with a_subscriber() as recover:
        ping = Ping(
            f"{recover.url}/",
            lambda: 0.01,
            name="recover-every-minute",
            data=b'{"a":1}',
            content_type="application/json",
        )
        with pinging(ping):
            eventually(lambda: len(recover.received) > 2)

    first = recover.received[0]
    headers = [(name.encode(), value.encode()) for name, value in first.headers.items()]
    event = Event.from_http(headers, first.body)
    assert event is not None
    assert event.attributes["type"] == "dev.knative.sources.ping"
    assert event.attributes["source"].endswith("/pingsources/recover-every-minute")
    assert (event.content_type, event.data) == ("application/json", b'{"a":1}')
    ids = [received.headers["ce-id"] for received in recover.received]
    assert len(set(ids)) == len(ids)


def test_a_failure_does_not_end_it() -> None:
    with (
        a_subscriber(lambda received: Answer(503, hang_up=True)) as recover,
        pinging(Ping(recover.url, lambda: 0.01)),
    ):
        eventually(lambda: len(recover.received) > 2)


def test_it_runs_as_a_process_until_it_is_terminated() -> None:
    with a_subscriber() as recover:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.ping", "--sink", recover.url, "--every", "0.05"]
        )
        try:
            eventually(lambda: len(recover.received) > 1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()


def test_the_process_names_a_schedule_that_it_cannot_keep() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "infra.local.ping", "--sink", "http://x", "--schedule", "@daily"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 2
    assert "cannot keep the schedule '@daily'" in process.stderr
