"""Cut off, overtaken, beside other handlers: one delivery, one answer, the same bytes."""

import gc
import json
import linecache
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import functions.forward
from shared.domain.case import Stage
from shared.domain.events import CaseForwarded
from shared.domain.forwarding import ForwardingState
from tests.functions.forward.office import Office
from tests.functions.forward.receiver import Receiver

OURS = str(Path(functions.forward.__file__).parent)
PURE = ("/manifest.py", "/packing.py", "/ports.py", "/due.py")
Line = tuple[str, int]


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


@contextmanager
def at_each_line(see: Callable[[Line], None]) -> Iterator[None]:
    """`see` is called before each line of forward that this thread is about to run."""

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            see((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def lines_of(run: Callable[[], object]) -> list[Line]:
    """Each line once, in the order in which they are reached."""
    seen: dict[Line, None] = {}
    with at_each_line(lambda line: seen.setdefault(line)):
        run()
    return list(seen)


def killed_at(line: Line, run: Callable[[], object]) -> bool:
    def kill(reached: Line) -> None:
        if reached == line:
            raise Killed

    with warnings.catch_warnings():
        # What a kill leaves running or open ends with the process; here we have to see to it.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with at_each_line(kill):
                run()
        except Killed:
            killed = True
        else:
            killed = False
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.cancel()
                thread.join()
        gc.collect()
    return killed


def test_of_two_handlers_one_sends_and_the_other_leaves_the_case_to_be_woken(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url, timeout_seconds=30))
    event = office.assigned()
    receiver.script = ["hold"]
    replies: list[CaseForwarded | None] = []
    first = threading.Thread(target=lambda: replies.append(office.forward(event)))
    first.start()
    assert receiver.arrived.wait(30)

    second = office.forward(event)

    assert second is None
    assert office.wakes_at(event.case_id) == office.the_forwarding(event.case_id).lease_until
    receiver.go_on.set()
    first.join()
    assert replies == [office.forward(event)]
    assert replies[0] is not None
    assert len(receiver.requests) == 1


def test_many_handlers_at_once_send_once_and_agree(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    office.declare("ablage", {"kind": "folder", "path": "ablage"})
    event = office.assigned()
    replies: list[CaseForwarded | None] = []

    def handle() -> None:
        replies.append(office.forward(event))

    threads = [threading.Thread(target=handle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    answers = {reply.id for reply in replies if reply is not None}
    assert len(answers) == 1
    assert len(receiver.requests) == 1
    assert all(f.attempts == 1 for f in office.forwardings(event.case_id))


def test_a_handler_that_lost_its_lease_changes_nothing_but_says_what_happened(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url, timeout_seconds=30))
    event = office.assigned()
    receiver.script = ["hold"]
    late = threading.Thread(target=lambda: office.forward(event))
    late.start()
    assert receiver.arrived.wait(30)
    office.lapse()

    reply = office.forward(event)
    receiver.go_on.set()
    late.join()

    assert reply is not None
    assert office.outcomes(event.case_id) == [("accepted", None), ("accepted", None)]
    assert receiver.requests[0] == receiver.requests[1]
    assert office.forward(event) == reply


def test_an_attempt_that_was_cut_off_shows_as_one_without_an_end(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    sending = next(
        line
        for line in lines_of(lambda: office.forward(office.assigned()))
        if line[0].endswith("webhook.py")
    )
    assert killed_at(sending, lambda: office.forward(event))

    (attempt,) = office.attempts(event.case_id)
    assert attempt.ended_at is None
    assert office.forward(event) is None  # its lease still stands
    office.lapse()
    assert office.forward(event) is not None


def test_what_is_killed_again_and_again_is_given_up_after_the_window(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    office.forward(office.assigned())
    lines = lines_of(lambda: office.forward(office.assigned()))
    sending = next(line for line in lines if line[0].endswith("webhook.py"))
    for _ in range(3):
        assert killed_at(sending, lambda: office.forward(event))
        office.lapse()
    office.conn.execute("UPDATE forwardings SET window_from = now() - interval '4 d'")

    assert office.forward(event) is None

    assert office.the_forwarding(event.case_id).state is ForwardingState.GIVEN_UP
    assert office.outcomes(event.case_id)[-1] == ("failed", "cut_off")


def test_nothing_reaches_the_old_authority_once_the_case_is_re_routed(
    office: Office, receiver: Receiver, root: Path
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    reached = lines_of(lambda: office.forward(office.assigned()))
    receiver.requests.clear()
    between = [line for line in reached if line[0].endswith(BEFORE_IT_IS_SENT)]
    until_the_check = between[: position_of_the_check(between)]
    assert len(until_the_check) > 10

    for line in until_the_check:
        event = office.assigned()
        with at_each_line(once_at(line, partial(office.re_route, event.case_id))):
            assert office.forward(event) is None
        assert receiver.requests == [], line
        assert office.case(event.case_id).stage is Stage.ROUTED
        assert office.the_forwarding(event.case_id).lease_owner is None
        new_round = office.assign(event.case_id)
        assert isinstance(office.forward(new_round), CaseForwarded)
        ((_, body),) = receiver.requests
        assert json.loads(body)["data"]["case"]["round"] == 2
        receiver.requests.clear()


BEFORE_IT_IS_SENT = ("/attempt.py", "/freezing.py", "/journal.py")


def position_of_the_check(lines: list[Line]) -> int:
    return next(at for at, line in enumerate(lines) if ".renew(" in linecache.getline(*line))


def once_at(line: Line, act: Callable[[], object]) -> Callable[[Line], None]:
    pending = [act]

    def see(reached: Line) -> None:
        if reached == line and pending:
            pending.pop()()

    return see
