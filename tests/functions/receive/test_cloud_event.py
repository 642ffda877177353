"""CloudEvents that carry a form: binary and structured, and what is no CloudEvent."""

import base64
import json
from typing import Any

import pytest

from functions.receive.delivery import Delivery
from functions.receive.forms.cloud_event import event_of_headers
from functions.receive.refusal import Refused
from tests.functions.receive.bodies import CONTENT_TYPE, FilesInMemory, a_body, a_part
from tests.functions.receive.web_forms import URLENCODED, read, shown

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "4711",
    "source": "https://formulare.musterstadt.example/",
    "type": "example.musterstadt.hundesteuer",
}
TRANSACTION = "https://formulare.musterstadt.example/ 4711"


def binary(
    body: bytes = b'{"a": "1"}', content_type: str = JSON, *, files: Any = None, **attributes: Any
) -> Delivery:
    headers = {f"ce-{name}": value for name, value in {**ATTRIBUTES, **attributes}.items()}
    return read(body, content_type, platform="webhook", headers=headers, files=files)


def structured(event: dict[str, Any] | bytes, **options: Any) -> Delivery:
    body = event if isinstance(event, bytes) else json.dumps({**ATTRIBUTES, **event}).encode()
    return read(body, STRUCTURED, platform="webhook", **options)


def test_both_modes_say_the_same() -> None:
    extensions = {"sequence": 7, "urgent": True, "subject": "Größe 100%"}
    first = structured({"data": {"a": "1"}, **extensions}).submission
    again = binary(sequence="7", urgent="true", subject="Gr%C3%B6%C3%9Fe%20100%25").submission

    assert again == first
    assert (first.transaction_id, first.form_id) == (TRANSACTION, ATTRIBUTES["type"])
    assert first.control_extra["cloudevent"] == {
        "sequence": "7",
        "source": ATTRIBUTES["source"],
        "subject": "Größe 100%",
        "type": ATTRIBUTES["type"],
        "urgent": "true",
    }


def test_what_brokers_write_on_the_way_makes_no_other_content() -> None:
    first = binary(traceparent="00-a", knativearrivaltime="2026-03-01T08:00:00Z").submission
    assert binary(traceparent="00-b").submission == first == binary().submission


def test_a_mapping_says_otherwise() -> None:
    mapping: dict[str, Any] = {
        "transaction_id": {"field": "id"},
        "form_id": {"constant": "hund"},
    }
    submission = structured({"data": {"id": "7"}}, **mapping).submission
    assert (submission.transaction_id, submission.form_id) == ("7", "hund")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=%C3%A4", URLENCODED),
        (a_body(a_part("a", "ä"), a_part("f", "x", "a.txt")), CONTENT_TYPE),
        ('{"a": "ä"}'.encode(), JSON),
    ],
)
def test_data_is_any_kind_of_form(body: bytes, content_type: str) -> None:
    files = FilesInMemory()
    encoded = base64.b64encode(body).decode()
    event = {"datacontenttype": content_type, "data_base64": encoded}
    delivery = structured(event)

    assert shown(delivery.submission.fields) == [("a", "ä")]
    assert delivery.submission == binary(body, content_type, files=files).submission
    assert delivery.original_media_type == STRUCTURED
    assert json.loads(delivery.original or b"")["data_base64"] == encoded
    assert len(files.stored) == (content_type == CONTENT_TYPE)


def test_text_that_carries_a_form_is_text_already() -> None:
    event = {"datacontenttype": f"{URLENCODED}; charset=iso-8859-1", "data": "a=ä"}
    assert shown(structured(event, charset="ascii").submission.fields) == [("a", "ä")]


def test_numbers_in_data_keep_their_literal() -> None:
    event = json.dumps(ATTRIBUTES)[:-1] + ', "data": {"n": 1.50, "m": 1E400}}'
    assert shown(structured(event.encode()).submission.fields) == [("n", "1.50"), ("m", "1E400")]


def test_what_is_ignored_in_data_is_stored_nowhere() -> None:
    delivery = structured({"data": {"a": "1", "csrf": "t0ken"}}, ignore=["csrf"])
    assert delivery.original == b'{"a":"1"}'
    assert delivery.digest is not None
    assert delivery.digest.size > 100


@pytest.mark.parametrize(
    ("event", "place"),
    [
        ({"specversion": "9000.1"}, "attributes"),
        ({"specversion": "0.3"}, "attributes"),
        ({"specversion": None}, "attributes"),
        ({"id": ""}, "attributes"),
        ({"source": None}, "attributes"),
        ({"data": {}, "data_base64": "e30="}, "$"),
        ({"data_base64": "?"}, "data_base64"),
        ({"data_base64": 7}, "data_base64"),
        ({"MyExtension": "x"}, "the names of attributes"),
        ({"my_extension": "x"}, "the names of attributes"),
        ({"extension": {}}, "extension"),
        ({"extension": 1.5}, "extension"),
        (b"[]", "$"),
        (b"garbage", "$"),
        (b'{"id": "1", "id": "2"}', "$"),
        (b"\xff", "$"),
    ],
)
def test_what_is_no_event_is_refused(event: Any, place: str) -> None:
    with pytest.raises(Refused) as caught:
        structured(event)
    assert (caught.value.status, caught.value.place) == (400, place)


@pytest.mark.parametrize(
    "attributes",
    [
        {"specversion": "9000.1"},
        {"specversion": "0.3"},
        {"id": ""},
        {"my-name": "x"},
        *({"subject": value} for value in ("100%", "%FF", "ä", "%00")),
    ],
)
def test_headers_that_make_no_event_are_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        binary(**attributes)
    assert (caught.value.status, caught.value.code) == (400, "not-a-cloudevent")


def test_quotes_around_an_attribute_are_no_part_of_it() -> None:
    event = event_of_headers({"ce-subject": r'"a \"b\""', **_headers()})
    assert event is not None
    assert event.attributes["subject"] == 'a "b"'


def test_some_headers_of_an_event_are_no_event() -> None:
    with pytest.raises(Refused):
        event_of_headers({"ce-id": "1"})
    assert event_of_headers({"webhook-id": "1", "ce-other": "x"}) is None


def test_batches_and_other_formats_are_refused_in_words() -> None:
    for content_type in ("application/cloudevents-batch+json", "application/cloudevents+avro"):
        with pytest.raises(Refused) as caught:
            read(b"[]", content_type, platform="webhook")
        assert caught.value.status == 415


@pytest.mark.parametrize("data", [{}, {"data": None}, {"data": [1]}, {"data": "x"}])
def test_an_event_without_a_form_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        structured(data)
    assert (caught.value.status, caught.value.place) == (422, "data")


def _headers() -> dict[str, str]:
    return {f"ce-{name}": value for name, value in ATTRIBUTES.items()}
