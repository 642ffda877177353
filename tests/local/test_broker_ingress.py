"""What the broker takes, what it refuses and in which words."""

import json
from collections.abc import Iterator

import pytest

from infra.local.broker.event import Event, NotACloudEvent
from tests.local.http_parts import BrokerAddress, Subscriber, a_broker, a_subscriber, an_event

STRUCTURED = {"content-type": "application/cloudevents+json; charset=UTF-8"}


@pytest.fixture(scope="module")
def subscriber() -> Iterator[Subscriber]:
    with a_subscriber() as subscriber:
        yield subscriber


@pytest.fixture(scope="module")
def broker(subscriber: Subscriber) -> Iterator[BrokerAddress]:
    config = {
        "subscribers": {"all": {"url": subscriber.url}},
        "triggers": [{"name": "all", "destination": {"subscriber": "all"}}],
    }
    with a_broker(config) as address:
        yield address


def structured(**changes: object) -> bytes:
    members = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", **changes}
    return json.dumps({name: value for name, value in members.items() if value != "-"}).encode()


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (an_event(ce_specversion="9000.1"), "specversion is not 1.0"),
        (an_event(ce_specversion="0.3"), "specversion is not 1.0"),
        (an_event(ce_id=""), "id is missing"),
        (an_event(ce_source="not a reference"), "source is not a URI reference"),
        (an_event(ce_time="yesterday"), "time is not a timestamp of RFC 3339"),
        (an_event(ce_time="2026-13-01T00:00:00Z"), "time is not a timestamp of RFC 3339"),
        (an_event(ce_subject=""), "subject is empty"),
        (an_event(ce_dataschema="/relative"), "dataschema is not an absolute URI"),
        (an_event(ce_my_name="x"), "'my-name' is no attribute name"),
        (an_event(ce_data="x"), "'data' is no attribute name"),
        (an_event(ce_subject="%FF"), "ce-subject is not percent-encoded UTF-8"),
        (an_event(ce_subject="a%00b"), "subject holds a control character"),
        (an_event() | {"content-type": "json"}, "Content-Type is not a media type"),
        ({"ce-id": "1"}, "specversion is missing"),
        ({}, "not a CloudEvent"),
    ],
)
def test_an_invalid_event_is_refused_in_readable_words(
    headers: dict[str, str], reason: str, broker: BrokerAddress, subscriber: Subscriber
) -> None:
    before = broker.settled()

    _, status, body = broker.request("POST", "/", b"{}", headers)

    assert (status, body.decode()[: len(reason)]) == (400, reason)
    after = broker.settled()
    assert after == before | {"refused": before["refused"] + 1}


@pytest.mark.parametrize("missing", ["ce-id", "ce-source", "ce-type", "ce-specversion"])
def test_a_required_attribute_cannot_be_left_out(missing: str, broker: BrokerAddress) -> None:
    headers = an_event()
    del headers[missing]

    _, status, body = broker.request("POST", "/", b"{}", headers)

    assert (status, body.decode().strip()) == (400, f"{missing[3:]} is missing")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        structured(specversion="0.3"),
        structured(id="-"),
        structured(id=7.5),
        structured(source=None),
        structured(UPPER="x"),
        structured(nested={"a": 1}),
        structured(number=2**31),
        structured(datacontenttype="json"),
        structured(data="x", data_base64="eA=="),
        structured(data_base64="not base64"),
        structured(time="2026-01-01 00:00:00Z"),
        structured(data="X").replace(b'"X"', b"NaN"),
        structured().replace(b'"id": "1"', b'"id": "1", "id": "2"'),
        structured(datacontenttype="text/plain", data="\ud800"),
    ],
)
def test_an_invalid_structured_event_is_refused(body: bytes, broker: BrokerAddress) -> None:
    _, status, reason = broker.request("POST", "/", body, STRUCTURED)

    assert status == 400
    assert reason


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/cloudevents-batch+json", 415),
        ("application/cloudevents+avro", 415),
        ("application/cloudevents+json; charset=utf-16", 415),
        ("application/cloudevents+json", 202),
    ],
)
def test_only_single_events_in_json_are_taken(
    content_type: str, status: int, broker: BrokerAddress
) -> None:
    headers = {"content-type": content_type}

    assert broker.request("POST", "/", structured(), headers)[1] == status


def test_an_event_that_is_too_large_is_refused(broker: BrokerAddress) -> None:
    assert broker.publish(b"x" * (1024 * 1024)) == 202
    assert broker.publish(b"x" * (1024 * 1024 + 1)) == 413


@pytest.mark.parametrize(
    ("changes", "content_type", "data"),
    [
        ({"data": {"a": "\u00e4"}}, "application/json", rb'{"a":"\u00e4"}'),
        ({"data": "text"}, "application/json", b'"text"'),
        ({"data": None}, "application/json", b"null"),
        ({"data": "text", "datacontenttype": "text/plain"}, "text/plain", b"text"),
        ({"data": [1], "datacontenttype": "text/plain"}, "text/plain", b"[1]"),
        ({"data_base64": "AP8=", "datacontenttype": "a/b"}, "a/b", b"\x00\xff"),
        ({}, None, b""),
        ({"datacontenttype": None, "time": "2026-01-01T00:00:00.123456789+01:00"}, None, b""),
    ],
)
def test_data_is_read_as_its_content_type_says(
    changes: dict[str, object], content_type: str | None, data: bytes
) -> None:
    event = Event.from_http(
        [(b"Content-Type", STRUCTURED["content-type"].encode())], structured(**changes)
    )

    assert event is not None
    assert (event.content_type, event.data) == (content_type, data)


def test_attributes_travel_percent_encoded_and_come_back_the_same() -> None:
    subject = 'a "quoted" 100 % \u00e4\u20ac\U0001f642'
    structured_event = Event.from_http(
        [(b"content-type", b"application/cloudevents+json")],
        structured(subject=subject, flag=True, number=-5),
    )
    assert structured_event is not None

    again = Event.from_http(structured_event.headers(), structured_event.data)

    assert again is not None
    assert again.attributes == structured_event.attributes
    assert again.attributes["subject"] == subject
    assert (again.attributes["flag"], again.attributes["number"]) == ("true", "-5")


def test_a_quoted_attribute_is_unquoted() -> None:
    headers = [(name.encode(), value.encode()) for name, value in an_event().items()]

    event = Event.from_http([*headers, (b"ce-subject", rb'"a \"b\" c"')], b"")

    assert event is not None
    assert event.attributes["subject"] == 'a "b" c'


def test_an_attribute_sent_twice_is_refused() -> None:
    headers = [(name.encode(), value.encode()) for name, value in an_event().items()]

    with pytest.raises(NotACloudEvent, match="ce-id occurs twice"):
        Event.from_http([*headers, (b"CE-ID", b"2")], b"")


def test_the_webhook_handshake_is_answered(broker: BrokerAddress) -> None:
    asked = {"webhook-request-origin": "events.example", "webhook-request-rate": "120"}

    headers, status, _ = broker.request("OPTIONS", "/", headers=asked)

    assert status == 200
    assert headers["webhook-allowed-origin"] == "events.example"
    assert headers["webhook-allowed-rate"] == "*"
    assert headers["allow"] == "POST, OPTIONS"


def test_it_says_that_it_is_ready(broker: BrokerAddress) -> None:
    assert broker.request("GET", "/readyz")[1:] == (200, b"ready\n")


def test_other_methods_and_paths_are_refused(broker: BrokerAddress) -> None:
    headers, status, _ = broker.request("GET", "/")

    assert (status, headers["allow"]) == (405, "POST, OPTIONS")
    assert broker.request("POST", "/elsewhere", b"{}", an_event())[1] == 404
