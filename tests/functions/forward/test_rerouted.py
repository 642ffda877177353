"""A case that a person has re-routed: what was to be sent for its former authority."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import pytest

from shared.domain.events import CaseClosed, CaseForwarded, CaseForwardingRequested, Event
from shared.domain.forwarding import FILE_DAMAGED, FORWARDING_FAILED, ForwardingState
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, CaseId
from tests.contract.test_case_log import until_somebody_waits
from tests.factories import BUILDING_OFFICE
from tests.functions.forward.office import Office
from tests.functions.forward.receiver import Receiver
from tests.functions.forward.test_killed import killed_at, lines_of


@pytest.fixture
def sent(office: Office, receiver: Receiver) -> Callable[..., Event]:
    """A case whose only destination has answered, or not answered, like this."""
    office.declare("fachverfahren", office.webhook(receiver.url))

    def send(*answers: str) -> Event:
        event = office.assigned()
        receiver.script = list(answers)
        office.forward(event)
        receiver.requests.clear()
        return event

    return send


def actions(office: Office, case_id: CaseId) -> list[str]:
    rows = office.conn.execute(
        "SELECT entry FROM case_log WHERE case_id = %s ORDER BY seq", [case_id]
    ).fetchall()
    return [json.loads(bytes(entry))["action"] for (entry,) in rows]


@pytest.mark.parametrize("answer", ["503", "400"])
def test_what_the_former_authority_has_not_got_it_does_not_get(
    answer: str, office: Office, receiver: Receiver, sent: Callable[..., Event]
) -> None:
    event = sent(answer)

    office.re_route(event.case_id)
    office.lapse()

    assert office.forward(event) is None
    assert office.the_forwarding(event.case_id).state is ForwardingState.SUPERSEDED
    assert receiver.requests == []


def test_what_it_has_got_stays_on_the_record(office: Office, sent: Callable[..., Event]) -> None:
    event = sent("accept")

    office.re_route(event.case_id)

    assert office.the_forwarding(event.case_id).state is ForwardingState.ACCEPTED


def test_what_a_person_let_go_stays_as_it_was(office: Office, sent: Callable[..., Event]) -> None:
    event = sent("400")
    office.conn.execute("UPDATE forwardings SET waived_by = 'somebody'")

    office.re_route(event.case_id)

    assert office.the_forwarding(event.case_id).state is ForwardingState.REJECTED


def test_nobody_has_to_look_at_what_is_superseded(
    office: Office, sent: Callable[..., Event]
) -> None:
    event = sent("400")
    another = sent("400")
    subject = str(office.the_forwarding(event.case_id).id)
    office.conn.execute(
        "INSERT INTO tasks (kind, case_id, subject, reason) VALUES (%s, %s, %s, 'missing')",
        [FILE_DAMAGED, event.case_id, subject],
    )

    office.re_route(event.case_id)

    (task,) = office.tasks()
    assert (task.kind, task.case_id) == (FORWARDING_FAILED, another.case_id)


@pytest.mark.parametrize("to", [BUILDING_OFFICE, CLEARING_OFFICE])
@pytest.mark.parametrize("late", [CaseClosed, CaseForwardingRequested])
def test_a_late_event_of_the_former_round_sends_nothing_and_changes_nothing(
    to: AuthorityId,
    late: type[Event],
    office: Office,
    receiver: Receiver,
    sent: Callable[..., Event],
) -> None:
    assigned = sent("accept")
    data = {"destination": "fachverfahren"} if late is CaseForwardingRequested else {}
    event = office.announce(assigned.case_id, late, **data)
    office.re_route(assigned.case_id, to)
    case, wakes_at = office.case(event.case_id), office.wakes_at(event.case_id)
    record = actions(office, event.case_id)

    assert office.forward(event) is None
    assert office.forward(assigned) is None

    assert receiver.requests == []
    assert office.case(event.case_id) == case
    assert office.wakes_at(event.case_id) == wakes_at
    assert actions(office, event.case_id) == record


def test_what_was_on_its_way_and_arrived_is_kept_as_such(
    office: Office, receiver: Receiver
) -> None:
    event = re_routed_while_it_is_sent(office, receiver, "hold")

    forwarding = office.the_forwarding(event.case_id)
    assert forwarding.state is ForwardingState.ACCEPTED
    assert forwarding.external_id == f"FV-{str(forwarding.message_id)[:8]}"
    assert actions(office, event.case_id)[-2:] == ["case.re-routed", "forwarding.accepted"]
    assert office.case(event.case_id).round == 2


def test_what_was_on_its_way_and_did_not_arrive_is_not_tried_again(
    office: Office, receiver: Receiver
) -> None:
    event = re_routed_while_it_is_sent(office, receiver, "slow")

    assert office.the_forwarding(event.case_id).state is ForwardingState.SUPERSEDED
    assert office.outcomes(event.case_id) == [("failed", "connection")]
    assert office.tasks() == []
    assert actions(office, event.case_id)[-1] == "case.re-routed"


def re_routed_while_it_is_sent(office: Office, receiver: Receiver, answer: str) -> Event:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = [answer]
    with ThreadPoolExecutor(1) as threads:
        forwarding = threads.submit(office.forward, event)
        assert receiver.arrived.wait(30)
        office.re_route(event.case_id)
        receiver.go_on.set()
        assert forwarding.result() is None
    return event


def test_what_was_cut_off_is_not_sent_once_its_lease_has_ended(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    lines = lines_of(lambda: office.forward(office.assigned()))
    sending = next(line for line in lines if line[0].endswith("webhook.py"))
    event = office.assigned()
    assert killed_at(sending, lambda: office.forward(event))
    receiver.requests.clear()

    office.re_route(event.case_id)
    office.lapse()

    assert office.forward(event) is None
    forwarding = office.the_forwarding(event.case_id)
    assert (forwarding.state, forwarding.lease_owner) == (ForwardingState.SUPERSEDED, None)
    assert receiver.requests == []


def test_the_check_before_it_sends_waits_for_whoever_is_re_routing(
    office: Office, database_url: str
) -> None:
    office.declare("fachverfahren", office.webhook("http://127.0.0.1:9/"))
    event = office.assigned()
    office.forward(event)
    forwarding, owner = office.the_forwarding(event.case_id), uuid4()

    def renew() -> bool:
        with office.transactions() as stores:
            return stores.claims.renew(forwarding.id, owner, 60)

    with office.transactions() as stores:
        stores.claims.claim(forwarding.id, owner, 60)
    assert renew()
    with ThreadPoolExecutor(1) as threads:
        checks: list[Future[bool]] = []

        def check_meanwhile() -> None:
            checks.append(threads.submit(renew))
            until_somebody_waits(database_url)

        office.re_route(event.case_id, meanwhile=check_meanwhile)

    assert [check.result() for check in checks] == [False]


def test_the_new_authority_gets_it_of_its_own(
    office: Office, receiver: Receiver, sent: Callable[..., Event]
) -> None:
    event = sent("400")
    office.re_route(event.case_id)

    reply = office.forward(office.assign(event.case_id))

    assert isinstance(reply, CaseForwarded)
    ((_, body),) = receiver.requests
    assert json.loads(body)["data"]["case"]["round"] == 2
    states = [(each.round, each.state) for each in office.forwardings(event.case_id)]
    assert states == [(1, ForwardingState.SUPERSEDED), (2, ForwardingState.ACCEPTED)]
