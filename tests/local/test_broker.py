"""The development broker delivers, retries, replies and gives up as Knative's does."""

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.broker.client import Answer as ClientAnswer
from infra.local.broker.config import Delivery
from infra.local.broker.delivery import retry_after
from tests.local.http_parts import (
    Answer,
    BrokerAddress,
    Received,
    Subscriber,
    a_broker,
    a_subscriber,
    an_event,
    eventually,
)

QUICKLY = {"retry": 2, "backoff_delay": 0.01, "timeout": 10}


def a_trigger(event_type: str, subscriber: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": f"{subscriber}-{event_type}",
        "attributes": {"type": event_type},
        "destination": {"subscriber": subscriber},
        "delivery": QUICKLY,
        "dead_letter": {"subscriber": "letters", "path": "/dead-letters"},
    } | changes


@pytest.fixture
def stage() -> Iterator[Subscriber]:
    with a_subscriber() as subscriber:
        yield subscriber


@pytest.fixture
def other() -> Iterator[Subscriber]:
    with a_subscriber() as subscriber:
        yield subscriber


@pytest.fixture
def letters() -> Iterator[Subscriber]:
    with a_subscriber() as subscriber:
        yield subscriber


@pytest.fixture
def config(stage: Subscriber, other: Subscriber, letters: Subscriber) -> dict[str, Any]:
    return {
        "subscribers": {
            "stage": {"url": stage.url, "concurrency": 2},
            "other": {"url": other.url},
            "letters": {"url": letters.url},
        },
        "triggers": [a_trigger("asked", "stage"), a_trigger("answered", "other")],
    }


@pytest.fixture
def broker(config: dict[str, Any]) -> Iterator[BrokerAddress]:
    with a_broker(config) as address:
        yield address


def test_an_event_reaches_the_subscriber_unchanged_in_binary_mode(
    broker: BrokerAddress, stage: Subscriber, other: Subscriber
) -> None:
    status = broker.publish(b'{"a": 1}', ce_subject="case 7 \u00e4".encode().decode("latin-1"))

    assert status == 202
    assert broker.settled()["delivered"] == 1
    (received,) = stage.received
    assert (received.path, received.body) == ("/", b'{"a": 1}')
    assert received.headers.items() >= (an_event() | {"ce-subject": "case%207%20%C3%A4"}).items()
    assert other.received == []


def test_a_structured_event_is_delivered_in_binary_mode(
    broker: BrokerAddress, stage: Subscriber
) -> None:
    body = b'{"specversion":"1.0","id":"1","source":"/s","type":"asked","round":2,"data":{"b":[1]}}'
    _, status, _ = broker.request(
        "POST", "/", body, {"content-type": "application/cloudevents+json"}
    )

    assert status == 202
    broker.settled()
    (received,) = stage.received
    assert received.headers["ce-round"] == "2"
    assert received.headers["content-type"] == "application/json"
    assert received.body == b'{"b":[1]}'


def test_an_extension_attribute_can_be_filtered_on(
    config: dict[str, Any], stage: Subscriber, other: Subscriber
) -> None:
    config["triggers"] = [
        a_trigger("asked", "stage", attributes={"type": "asked", "round": "2"}),
        a_trigger("asked", "other", attributes={}),
    ]
    with a_broker(config) as broker:
        broker.publish(b"1", ce_round="1")
        broker.publish(b"2", ce_round="2")
        broker.settled()

    assert stage.bodies == [b"2"]
    assert sorted(other.bodies) == [b"1", b"2"]


def test_what_nobody_asked_for_is_accepted(broker: BrokerAddress) -> None:
    assert broker.publish(ce_type="forgotten") == 202
    assert broker.settled()["unmatched"] == 1


def test_an_event_in_the_answer_is_published(
    broker: BrokerAddress, stage: Subscriber, other: Subscriber
) -> None:
    reply = an_event(ce_type="answered", ce_id="2")
    stage.answer = lambda received: Answer(headers=reply, body=b'{"reply":1}')

    broker.publish()

    assert broker.settled()["replies"] == 1
    (received,) = other.received
    assert received.headers.items() >= reply.items()
    assert received.body == b'{"reply":1}'


@pytest.mark.parametrize(
    "answer",
    [
        Answer(202, an_event(ce_type="answered"), b"{}"),
        Answer(200, {"content-type": "text/html"}, b"thank you"),
        Answer(204),
    ],
)
def test_any_other_success_is_the_end_of_it(
    answer: Answer, broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: answer

    broker.publish()

    stats = broker.settled()
    assert (stats["delivered"], stats["accepted"], stats["dead_lettered"]) == (1, 1, 0)


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503])
def test_what_may_succeed_later_is_tried_again(
    status: int, broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: Answer(200 if len(stage.received) > 2 else status)

    broker.publish()

    stats = broker.settled()
    assert (stats["delivered"], stats["retried"]) == (1, 2)
    assert letters.received == []


@pytest.mark.parametrize("status", [301, 400, 401, 415, 422])
def test_what_can_never_succeed_is_a_dead_letter_at_once(
    status: int, broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: Answer(status, body=b"no")

    broker.publish(b"{}", ce_round="3")

    assert broker.settled()["retried"] == 0
    (letter,) = letters.received
    expected = an_event(
        ce_round="3",
        ce_knativeerrordest=f"{stage.url}/",
        ce_knativeerrorcode=str(status),
        ce_knativeerrordata=base64.b64encode(b"no").decode(),
    )
    assert letter.path == "/dead-letters"
    assert letter.headers.items() >= expected.items()


def test_what_fails_to_the_last_attempt_is_a_dead_letter(
    broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: Answer(503, body=b"x" * 5000)

    broker.publish(b'{"a":1}')
    broker.settled()

    assert len(stage.received) == 3
    (letter,) = letters.received
    assert letter.body == b'{"a":1}'
    assert len(letter.headers["ce-knativeerrordata"]) == 1024


def test_a_subscriber_that_cannot_be_reached_is_tried_again_too(
    broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.stop()

    broker.publish()

    assert broker.settled()["retried"] == 2
    (letter,) = letters.received
    assert "ce-knativeerrorcode" not in letter.headers
    assert letter.headers["ce-knativeerrordest"] == f"{stage.url}/"


def test_a_subscriber_that_does_not_answer_in_time_is_given_up(
    config: dict[str, Any], stage: Subscriber, letters: Subscriber
) -> None:
    released = threading.Event()
    stage.answer = lambda received: Answer(200 if released.wait() else 500)
    config["triggers"][0]["delivery"] = {"retry": 1, "backoff_delay": 0, "timeout": 0.5}
    with a_broker(config) as broker:
        broker.publish()
        assert broker.settled()["dead_lettered"] == 1
    released.set()

    eventually(lambda: len(stage.received) == 2)


def test_an_invalid_event_in_the_answer_is_a_failure(
    broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: Answer(headers=an_event(ce_specversion="9000.1"))

    broker.publish()

    assert broker.settled()["retried"] == 2
    assert len(letters.received) == 1


def test_a_dead_letter_is_tried_again_too(
    broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    stage.answer = lambda received: Answer(422)
    letters.answer = lambda received: Answer(200 if len(letters.received) > 1 else 503)

    broker.publish()

    stats = broker.settled()
    assert (stats["dead_letters_delivered"], stats["dead_letters_lost"]) == (1, 0)


def test_a_slow_subscriber_holds_back_no_other(
    broker: BrokerAddress, stage: Subscriber, other: Subscriber
) -> None:
    released = threading.Event()
    stage.answer = lambda received: Answer(200 if released.wait() else 500)

    for _ in range(20):
        broker.publish()
    broker.publish(ce_type="answered")

    eventually(lambda: len(other.received) == 1)
    released.set()
    assert broker.settled()["delivered"] == 21


def test_a_subscriber_gets_no_more_at_a_time_than_it_can_take(
    broker: BrokerAddress, stage: Subscriber
) -> None:
    lock, at_once, most = threading.Lock(), [0], [0]

    def answer(received: Received) -> Answer:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        eventually(lambda: len(stage.received) > 1)
        with lock:
            at_once[0] -= 1
        return Answer()

    stage.answer = answer
    for _ in range(20):
        broker.publish()

    assert broker.settled()["delivered"] == 20
    assert most == [2]


def test_a_connection_that_was_closed_meanwhile_is_no_failure(
    broker: BrokerAddress, stage: Subscriber
) -> None:
    stage.answer = lambda received: Answer(hang_up=True)

    for _ in range(5):
        broker.publish()
        broker.settled()

    stats = broker.stats()
    assert (stats["delivered"], stats["retried"]) == (5, 0)


@pytest.mark.parametrize(
    ("policy", "waits"), [("exponential", [0.2, 0.4, 0.8, 1.6]), ("linear", [0.2, 0.4, 0.6, 0.8])]
)
def test_the_wait_grows_from_attempt_to_attempt(policy: Any, waits: list[float]) -> None:
    delivery = Delivery(backoff_policy=policy, backoff_delay=0.2)

    assert [delivery.wait(attempt) for attempt in range(4)] == pytest.approx(waits)


@pytest.mark.parametrize(
    ("status", "said", "longest", "wait"),
    [
        (503, b"7", None, 7),
        (429, b"7", 2, 2),
        (500, b"7", None, 0),
        (503, b"soon", None, 0),
        (503, b"Wed, 21 Oct 2015 07:28:00 GMT", None, 0),
    ],
)
def test_the_subscriber_may_say_when_to_come_back(
    status: int, said: bytes, longest: float | None, wait: float
) -> None:
    answer = ClientAnswer(status, [(b"retry-after", said)], b"")

    assert retry_after(answer, Delivery(retry_after_max=longest)) == wait
