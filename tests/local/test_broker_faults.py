"""What real brokers do now and then, switched on."""

import json
from collections.abc import Iterator

import pytest

from infra.local.broker.faults import Faults, Misfortune
from tests.local.http_parts import (
    Answer,
    BrokerAddress,
    Received,
    Subscriber,
    a_broker,
    a_subscriber,
    an_event,
)


def handle(received: Received) -> Answer:
    """`asked` is answered with an event, `hopeless` refused, anything else taken."""
    if received.headers["ce-type"] == "asked":
        return Answer(headers=an_event(ce_type="answered", ce_id=received.headers["ce-id"] + "r"))
    return Answer(422 if received.headers["ce-type"] == "hopeless" else 200)


@pytest.fixture
def stage() -> Iterator[Subscriber]:
    with a_subscriber(handle) as subscriber:
        yield subscriber


@pytest.fixture
def letters() -> Iterator[Subscriber]:
    with a_subscriber() as subscriber:
        yield subscriber


@pytest.fixture
def broker(stage: Subscriber, letters: Subscriber) -> Iterator[BrokerAddress]:
    config = {
        "subscribers": {"stage": {"url": stage.url}, "letters": {"url": letters.url}},
        "triggers": [
            {
                "name": "stage",
                "destination": {"subscriber": "stage"},
                "delivery": {"retry": 2, "backoff_delay": 0.01},
                "dead_letter": {"subscriber": "letters"},
            }
        ],
    }
    with a_broker(config) as address:
        yield address


def switch_on(broker: BrokerAddress, **faults: object) -> None:
    _, status, body = broker.request("PUT", "/faults", json.dumps(faults).encode())
    assert status == 200, body


def test_an_event_can_be_accepted_and_forgotten(broker: BrokerAddress, stage: Subscriber) -> None:
    switch_on(broker, drop=1)

    assert broker.publish() == 202
    assert broker.settled()["dropped"] == 1
    assert stage.received == []


def test_an_event_can_arrive_several_times(broker: BrokerAddress, stage: Subscriber) -> None:
    switch_on(broker, copies=1)

    broker.publish(ce_type="plain", ce_id="7")

    assert 2 <= broker.settled()["delivered"] <= 4
    assert {received.headers["ce-id"] for received in stage.received} == {"7"}


def test_events_can_overtake_each_other(broker: BrokerAddress, stage: Subscriber) -> None:
    switch_on(broker, reorder=0.5, delay_ms=[0, 2], seed=1)
    sent = [str(number) for number in range(30)]

    for number in sent:
        broker.publish(ce_type="plain", ce_id=number)
    broker.settled()

    arrived = [received.headers["ce-id"] for received in stage.received]
    assert arrived != sent
    assert sorted(arrived) == sorted(sent)


def test_the_producer_can_be_told_500_although_the_event_is_delivered(
    broker: BrokerAddress, stage: Subscriber
) -> None:
    switch_on(broker, producer_500=1)

    assert broker.publish(ce_type="plain") == 500
    assert broker.settled()["delivered"] == 1
    assert len(stage.received) == 1


def test_a_lost_reply_makes_a_dead_letter_of_a_good_event(
    broker: BrokerAddress, stage: Subscriber, letters: Subscriber
) -> None:
    switch_on(broker, reply_lost=1)

    broker.publish()

    stats = broker.settled()
    assert (stats["replies"], stats["retried"]) == (0, 2)
    assert [received.headers["ce-type"] for received in stage.received] == ["asked"] * 3
    (letter,) = letters.received
    assert letter.headers["ce-type"] == "asked"
    assert letter.headers["ce-knativeerrorcode"] == "200"


def test_a_dead_letter_can_be_repeated(broker: BrokerAddress, letters: Subscriber) -> None:
    switch_on(broker, dead_letter_copies=3)

    broker.publish(ce_type="hopeless")

    assert broker.settled()["dead_letters_delivered"] == 3
    assert len(letters.received) == 3


def test_faults_can_be_switched_off_again(broker: BrokerAddress) -> None:
    switch_on(broker, drop=1, seed=3)
    assert json.loads(broker.request("GET", "/faults")[2])["drop"] == 1

    switch_on(broker)

    broker.publish(ce_type="plain")
    assert broker.settled()["delivered"] == 1


@pytest.mark.parametrize(
    ("faults", "place"),
    [
        ({"drop": 2}, b"drop:"),
        ({"dorp": 1}, b"dorp:"),
        ({"delay_ms": [5, 1]}, b"delay_ms is [from, to]"),
    ],
)
def test_a_wrong_fault_is_named(
    faults: dict[str, object], place: bytes, broker: BrokerAddress
) -> None:
    _, status, body = broker.request("PUT", "/faults", json.dumps(faults).encode())

    assert status == 400
    assert place in body


def test_the_same_seed_brings_the_same_misfortune() -> None:
    faults = Faults(seed=7, drop=0.3, copies=0.3, delay_ms=(1, 50), reorder=0.3)

    first, second = Misfortune(faults), Misfortune(faults)

    assert [first.deliveries() for _ in range(50)] == [second.deliveries() for _ in range(50)]
