"""What operators rehearse with: each behaviour, from the first attempt to what a person sees."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from functions.forward.destination import Deadline, Message, NotDelivered
from functions.forward.destinations import KINDS
from shared.domain.configuration.destination_kinds import Rehearsal
from shared.domain.destination_standing import DESTINATION_FAILING
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import FORWARDING_FAILED, ForwardingState, MessageId
from tests.functions.forward.office import Office, tree


def rehearsed(office: Office, behaviour: str, **more: Any) -> Event:
    settings = {"kind": "rehearsal", "behaviour": behaviour, **more}
    office.declare("probe", settings, breaker={"failures": 2})
    event = office.assigned(files={})
    office.forward(event)
    return event


def kinds_of_tasks(office: Office) -> list[str]:
    return [task.kind for task in office.tasks()]


@pytest.mark.parametrize("behaviour", ["accepts", "slow"])
def test_it_accepts(office: Office, behaviour: str) -> None:
    event = rehearsed(office, behaviour, seconds=0.2)

    forwarding = office.the_forwarding(event.case_id)
    assert forwarding.state is ForwardingState.ACCEPTED
    assert forwarding.external_id == f"rehearsal-{str(forwarding.message_id)[:8]}"


def test_it_rejects_with_a_reason(office: Office) -> None:
    event = rehearsed(office, "rejects")

    forwarding = office.the_forwarding(event.case_id)
    assert (forwarding.state, forwarding.code) == (ForwardingState.REJECTED, "http_422")
    assert "Probelauf" in (forwarding.reason or "")
    assert kinds_of_tasks(office) == [FORWARDING_FAILED]


def test_it_fails_until_the_breaker_opens(office: Office) -> None:
    rehearsed(office, "fails")
    rehearsed(office, "fails")

    assert kinds_of_tasks(office) == [DESTINATION_FAILING]


def test_it_fails_sometimes_other_than_the_last_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = iter(range(50))
    now = "functions.forward.destinations.rehearsal.time.time"
    monkeypatch.setattr(now, lambda: 60.0 * next(minutes))
    kind = KINDS["rehearsal"](Rehearsal(kind="rehearsal", behaviour="sometimes"), office.means)
    message = Message(MessageId(UUID(int=7)), b"", Deadline(60))

    def outcome() -> str:
        try:
            kind.send(message)
        except NotDelivered:
            return "failed"
        return "accepted"

    outcomes = [outcome() for _ in range(50)]

    assert set(outcomes) == {"failed", "accepted"}


def test_what_is_too_slow_is_given_up_in_time(office: Office) -> None:
    event = rehearsed(office, "slow", seconds=60, timeout_seconds=0.3)

    assert office.outcomes(event.case_id) == [("failed", "timeout")]


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        ("accepts_later", ForwardingState.ACCEPTED),
        ("accepts_then_rejects", ForwardingState.REJECTED),
    ],
)
def test_it_says_later_what_became_of_it(
    office: Office, behaviour: str, state: ForwardingState
) -> None:
    event = rehearsed(office, behaviour, seconds=60)
    assert office.the_forwarding(event.case_id).state is ForwardingState.SENT
    office.conn.execute("UPDATE forwardings SET due_at = now()")
    office.forward(event)
    assert office.the_forwarding(event.case_id).state is ForwardingState.SENT, "not yet"
    earlier = (datetime.now(UTC) - timedelta(seconds=61)).isoformat()
    office.conn.execute(
        "UPDATE forwardings SET due_at = now(),"
        " receipt = json_build_object('details', json_build_object('sent_at', %s::text))",
        [earlier],
    )

    reply = office.forward(event)

    assert office.the_forwarding(event.case_id).state is state
    assert isinstance(reply, CaseForwarded) is (state is ForwardingState.ACCEPTED)


def test_nothing_of_a_case_leaves(office: Office) -> None:
    event = rehearsed(office, "accepts")

    key = office.the_forwarding(event.case_id).message_key
    body = b"".join(office.objects.read(key))
    assert body == f"rehearsal {office.the_forwarding(event.case_id).message_id}\n".encode()
    assert office.means.destinations_root is not None
    assert tree(office.means.destinations_root) == {}


def test_its_test_says_what_it_is(office: Office) -> None:
    settings = Rehearsal(kind="rehearsal", behaviour="sometimes")

    (step,) = KINDS["rehearsal"](settings, office.means).test(Deadline(1))

    assert (step.ok, "rehearsal" in step.text) == (True, True)
