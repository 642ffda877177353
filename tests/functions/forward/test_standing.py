"""What may go to a destination now: a pause, a limit, a circuit breaker, and one alarm for all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal
from threading import Lock
from time import monotonic, sleep

import pytest

from functions.forward.destination import Handed, Message
from shared.domain.destination_standing import DESTINATION_FAILING, HeldBy
from shared.domain.events import Event
from shared.domain.forwarding import ForwardingState
from tests.functions.forward.office import Office
from tests.functions.forward.scripted import Scripted, accepts, at, fails, refuses

FOLDER = {"kind": "folder", "path": "ablage"}
NOW_AND_THEN = {"failures": 2, "first_pause_seconds": 3600}


@pytest.fixture
def kind() -> Scripted:
    return Scripted()


@pytest.fixture
def akte(office: Office, kind: Scripted) -> Office:
    return at(office, kind)


def in_a_row(office: Office, count: int) -> list[Event]:
    events = [office.assigned(files={}) for _ in range(count)]
    for event in events:
        office.forward(event)
    return events


def states(office: Office, events: list[Event]) -> list[tuple[ForwardingState, HeldBy | None]]:
    forwardings = [office.the_forwarding(event.case_id) for event in events]
    return [(each.state, each.held_by) for each in forwardings]


def states_of(office: Office, event: Event) -> list[ForwardingState]:
    return [each.state for each in office.forwardings(event.case_id)]


def alarms(office: Office) -> list[tuple[str, str]]:
    return [(t.subject, t.reason) for t in office.tasks() if t.kind == DESTINATION_FAILING]


def test_after_failures_in_a_row_the_next_ones_are_held_and_not_tried(
    akte: Office, kind: Scripted
) -> None:
    akte.declare("akte", FOLDER, breaker=NOW_AND_THEN)
    kind.always = fails

    events = in_a_row(akte, 4)

    assert len(kind.sent) == 2
    assert states(akte, events)[2:] == [(ForwardingState.PLANNED, HeldBy.BREAKER)] * 2
    assert all(akte.wakes_at(event.case_id) is not None for event in events)


def test_one_alarm_is_raised_however_many_fail_and_it_ends_by_itself(
    akte: Office, kind: Scripted
) -> None:
    akte.declare("akte", FOLDER, breaker={**NOW_AND_THEN, "first_pause_seconds": 0.001})
    kind.always = fails
    events = in_a_row(akte, 12)
    ((subject, reason),) = alarms(akte)
    assert subject == "foerdetal/akte"
    assert "http_503" in reason

    kind.always = accepts
    for _ in range(4):
        akte.lapse()
        for event in events:
            akte.forward(event)
    in_a_row(akte, 40)

    assert alarms(akte) == []
    assert {state for state, _ in states(akte, events)} == {ForwardingState.ACCEPTED}


def test_refusals_of_one_case_do_not_hold_the_next(akte: Office, kind: Scripted) -> None:
    akte.declare("akte", FOLDER, breaker=NOW_AND_THEN)
    kind.always = refuses

    events = in_a_row(akte, 3)

    assert len(kind.sent) == 3
    assert {state for state, _ in states(akte, events)} == {ForwardingState.REJECTED}


def test_what_is_held_is_tried_once_more_before_it_is_given_up(
    akte: Office, kind: Scripted
) -> None:
    akte.declare("akte", FOLDER, breaker=NOW_AND_THEN)
    kind.always = fails
    events = in_a_row(akte, 3)
    akte.conn.execute("UPDATE forwardings SET window_from = now() - interval '4 d', due_at = now()")

    akte.forward(events[2])

    assert len(kind.sent) == 3
    assert akte.the_forwarding(events[2].case_id).state is ForwardingState.GIVEN_UP


def test_once_one_arrives_whoever_is_held_comes_right_after(akte: Office, kind: Scripted) -> None:
    akte.declare("akte", FOLDER, breaker=NOW_AND_THEN)
    kind.acts = [fails, fails]
    events = in_a_row(akte, 5)
    akte.conn.execute("UPDATE destination_standings SET open_until = now()")
    akte.conn.execute(
        "UPDATE forwardings SET due_at = now() WHERE case_id = %s", [events[0].case_id]
    )

    akte.forward(events[0])

    held = states(akte, events)
    assert [state for state, _ in held] == [
        ForwardingState.ACCEPTED,
        ForwardingState.PLANNED,  # it has failed itself, and has its own time
        *[ForwardingState.ACCEPTED] * 3,
    ]
    for event in events[2:]:
        assert akte.forward(event) is not None, "whoever is woken says that it was forwarded"
    assert len(kind.sent) == 6


def test_no_more_than_its_limit_is_at_it_at_the_same_time(akte: Office, kind: Scripted) -> None:
    akte.declare("akte", FOLDER, at_once=2)
    in_a_row(akte, 1)  # it is there
    counted = Counted()
    kind.always = counted.send
    events = [akte.assigned(files={}) for _ in range(8)]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(akte.forward, events))

    assert counted.most == 2
    assert {state for state, _ in states(akte, events)} == {ForwardingState.ACCEPTED}


def test_of_two_destinations_the_one_at_its_limit_does_not_hold_the_other(
    akte: Office, kind: Scripted
) -> None:
    akte.declare("akte", FOLDER, at_once=1)
    akte.declare("archiv", FOLDER)
    entered, leave = Signal(), Signal()

    def slow(message: Message) -> Handed:
        entered.set()
        leave.wait(30)
        return accepts(message)

    kind.acts = [slow]
    first, second = akte.assigned(files={}), akte.assigned(files={})
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(akte.forward, first)
        assert entered.wait(10)
        until = monotonic() + 10
        while ForwardingState.ACCEPTED not in states_of(akte, first) and monotonic() < until:
            sleep(0.01)
        akte.forward(second)
        meanwhile = states_of(akte, second)
        leave.set()
        running.result()

    assert sorted(meanwhile) == [ForwardingState.ACCEPTED, ForwardingState.PLANNED]


def test_a_sender_that_was_killed_counts_until_its_lease_ends(akte: Office, kind: Scripted) -> None:
    akte.declare("akte", FOLDER, at_once=1)
    killed, event = akte.assigned(files={}), akte.assigned(files={})
    kind.acts = [fails]
    akte.forward(killed)
    akte.conn.execute(
        "UPDATE forwardings SET state = 'sending', lease_owner = gen_random_uuid(),"
        " lease_until = now() + interval '1 h'"
    )

    akte.forward(event)
    assert akte.the_forwarding(event.case_id).held_by is HeldBy.LIMIT
    akte.lapse()
    akte.forward(event)

    assert akte.the_forwarding(event.case_id).state is ForwardingState.ACCEPTED


def test_nothing_goes_to_what_is_paused(
    akte: Office, kind: Scripted, pause: Callable[[], None]
) -> None:
    akte.declare("akte", FOLDER)
    pause()

    (event,) = in_a_row(akte, 1)

    assert kind.sent == []
    assert states(akte, [event]) == [(ForwardingState.PLANNED, HeldBy.PAUSE)]


@pytest.fixture
def pause(office: Office) -> Callable[[], None]:
    def paused() -> None:
        office.conn.execute(
            "INSERT INTO destination_standings (tenant, destination, paused_at, paused_by)"
            " VALUES ('foerdetal', 'akte', now(), '{}')"
        )

    return paused


class Counted:
    def __init__(self) -> None:
        self._lock = Lock()
        self._now = 0
        self.most = 0

    def send(self, message: Message) -> Handed:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        until = monotonic() + 10
        while self.most < 2 and monotonic() < until:
            sleep(0.01)
        sleep(0.05)  # whoever comes too many comes now
        with self._lock:
            self._now -= 1
        return accepts(message)
