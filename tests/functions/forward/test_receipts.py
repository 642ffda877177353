"""Sent is not accepted: what a destination says later, and what becomes of silence."""

import pytest

from functions.forward.destination import Handed, Message
from shared.domain.case import Stage
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import FORWARDING_FAILED, ForwardingState
from tests.functions.forward.office import Office
from tests.functions.forward.scripted import Scripted, accepts, at, fails, refuses, takes

FOLDER = {"kind": "folder", "path": "ablage"}


@pytest.fixture
def kind() -> Scripted:
    return Scripted()


@pytest.fixture
def akte(office: Office, kind: Scripted) -> Office:
    office.declare("akte", FOLDER, owner="IT-Stelle", due_within_hours=8)
    return at(office, kind)


def say(office: Office, event: Event, *, accepted: bool, id_: str = "1") -> None:
    office.conn.execute(
        "INSERT INTO forwarding_receipts (forwarding_id, receipt_id, accepted, external_id, reason)"
        " SELECT id, %s, %s, 'FV-7', 'Flurstück unbekannt' FROM forwardings WHERE case_id = %s",
        [id_, accepted, event.case_id],
    )


def actions(office: Office, event: Event) -> list[str]:
    with office.transactions() as stores:
        record = stores.log.of_case(event.case_id)
    return [e.action for e in record if e.action.startswith("forwarding.")]


def failures(office: Office) -> list[str]:
    return [task.reason for task in office.tasks() if task.kind == FORWARDING_FAILED]


def test_what_is_only_sent_leaves_the_case_open_and_is_not_sent_again(
    akte: Office, kind: Scripted
) -> None:
    kind.acts = [takes]
    event = akte.assigned(files={})

    assert akte.forward(event) is None
    assert akte.forward(event) is None

    forwarding = akte.the_forwarding(event.case_id)
    assert forwarding.state is ForwardingState.SENT
    assert akte.case(event.case_id).stage is Stage.ASSIGNED
    assert akte.wakes_at(event.case_id) == forwarding.due_at
    assert len(kind.sent) == 1


def test_a_receipt_accepts_it(akte: Office, kind: Scripted) -> None:
    kind.acts = [takes]
    event = akte.assigned(files={})
    akte.forward(event)
    say(akte, event, accepted=True)

    reply = akte.forward(event)

    assert isinstance(reply, CaseForwarded)
    assert reply.destinations == ("akte",)
    forwarding = akte.the_forwarding(event.case_id)
    assert (forwarding.state, forwarding.external_id) == (ForwardingState.ACCEPTED, "FV-7")
    assert actions(akte, event) == ["forwarding.sent", "forwarding.accepted"]
    assert kind.asked == []


def test_a_receipt_that_comes_before_the_answer_counts(akte: Office, kind: Scripted) -> None:
    event = akte.assigned(files={})

    def takes_and_says_so_at_once(message: Message) -> Handed:
        say(akte, event, accepted=True)
        return takes(message)

    kind.acts = [takes_and_says_so_at_once]

    assert isinstance(akte.forward(event), CaseForwarded)


def test_a_receipt_counts_also_if_the_answer_was_lost(akte: Office, kind: Scripted) -> None:
    event = akte.assigned(files={})

    def takes_and_breaks_off(message: Message) -> Handed:
        say(akte, event, accepted=True)
        return fails(message)

    kind.acts = [takes_and_breaks_off]

    assert isinstance(akte.forward(event), CaseForwarded)
    assert len(kind.sent) == 1


def test_a_rejection_is_a_task_with_its_owner_and_its_reason_is_kept(
    akte: Office, kind: Scripted
) -> None:
    kind.acts = [takes]
    event = akte.assigned(files={})
    akte.forward(event)
    say(akte, event, accepted=False)

    assert akte.forward(event) is None

    forwarding = akte.the_forwarding(event.case_id)
    assert (forwarding.state, forwarding.code) == (ForwardingState.REJECTED, "rejected_later")
    assert forwarding.reason == "Flurstück unbekannt"
    (task,) = [task for task in akte.tasks() if task.kind == FORWARDING_FAILED]
    assert task.owner == "IT-Stelle"
    assert task.due_at is not None
    assert (task.due_at - task.opened_at).total_seconds() == 8 * 3600
    assert "Flurstück" not in task.reason


def test_what_was_accepted_can_be_rejected_later(akte: Office, kind: Scripted) -> None:
    event = akte.assigned(files={})
    first = akte.forward(event)
    say(akte, event, accepted=False)

    assert akte.forward(event) == first

    assert akte.the_forwarding(event.case_id).state is ForwardingState.REJECTED
    assert failures(akte) == ["akte rejected: rejected_later"]


def test_a_late_receipt_mends_what_was_given_up(akte: Office, kind: Scripted) -> None:
    kind.acts = [refuses]
    event = akte.assigned(files={})
    akte.forward(event)
    assert failures(akte)
    say(akte, event, accepted=True)

    assert isinstance(akte.forward(event), CaseForwarded)

    assert failures(akte) == []


def test_it_is_asked_after_when_that_is_due(akte: Office, kind: Scripted) -> None:
    kind.acts = [takes, takes, accepts]
    event = akte.assigned(files={})
    akte.forward(event)

    for _ in range(2):
        akte.conn.execute("UPDATE forwardings SET due_at = now()")
        reply = akte.forward(event)

    assert isinstance(reply, CaseForwarded)
    assert (len(kind.sent), len(kind.asked)) == (1, 2)
    assert [attempt.asked for attempt in akte.attempts(event.case_id)] == [False, True, True]
    assert actions(akte, event) == ["forwarding.sent", "forwarding.accepted"]


def test_a_question_that_fails_is_asked_again_and_nothing_is_sent_again(
    akte: Office, kind: Scripted
) -> None:
    kind.acts = [takes, fails, accepts]
    event = akte.assigned(files={})
    akte.forward(event)
    akte.conn.execute("UPDATE forwardings SET due_at = now()")
    akte.forward(event)
    assert akte.the_forwarding(event.case_id).state is ForwardingState.SENT

    akte.conn.execute("UPDATE forwardings SET due_at = now()")

    assert isinstance(akte.forward(event), CaseForwarded)
    assert len(kind.sent) == 1


def test_silence_is_given_up_and_told(akte: Office, kind: Scripted) -> None:
    kind.always = takes
    event = akte.assigned(files={})
    akte.forward(event)
    akte.conn.execute("UPDATE forwardings SET due_at = now(), sent_at = now() - interval '2 h'")

    assert akte.forward(event) is None

    forwarding = akte.the_forwarding(event.case_id)
    assert (forwarding.state, forwarding.code) == (ForwardingState.GIVEN_UP, "no_receipt")
    assert failures(akte) == ["akte given_up: no_receipt"]


def test_each_receipt_counts_once(akte: Office, kind: Scripted) -> None:
    kind.acts = [takes]
    event = akte.assigned(files={})
    akte.forward(event)
    say(akte, event, accepted=True)
    akte.forward(event)

    akte.forward(event)

    assert actions(akte, event) == ["forwarding.sent", "forwarding.accepted"]


def test_a_killed_question_is_asked_again(akte: Office, kind: Scripted) -> None:
    kind.acts = [takes]
    event = akte.assigned(files={})
    akte.forward(event)
    akte.conn.execute(
        "UPDATE forwardings SET state = 'sending', lease_owner = gen_random_uuid(),"
        " lease_until = now() - interval '1 s'"
    )

    assert isinstance(akte.forward(event), CaseForwarded)

    assert (len(kind.sent), len(kind.asked)) == (1, 1)
