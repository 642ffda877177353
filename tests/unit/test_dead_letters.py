"""What is kept of an event that could not be delivered, and what is not."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from functions.recover.letters import read_letter
from shared.domain.events import CaseReceived
from shared.runtime.cloud_events import binary
from tests.factories import a_case

ERROR = [
    ("Ce-Knativeerrorcode", "500"),
    ("Ce-Knativeerrordest", "http://route.lotse.svc/"),
    ("Ce-Knativeerrordata", "RXJpa2EgTXVzdGVybWFubg=="),
]
FOREIGN = [
    ("Ce-Specversion", "1.0"),
    ("Ce-Id", "17"),
    ("Ce-Source", "/elsewhere"),
    ("Ce-Type", "com.example.something"),
    ("Ce-Subject", "Erika Mustermann"),
    ("Content-Type", "application/json"),
]


def an_event() -> CaseReceived:
    _, event = a_case().announce(CaseReceived, sender="formserver")
    return event


def test_of_our_own_event_attributes_data_and_the_brokers_error_are_kept() -> None:
    event = an_event()
    headers, body = binary(event)

    letter = read_letter([*headers.items(), *ERROR], body)

    assert (letter.source, letter.event_id) == (event.source, str(event.id))
    assert (letter.type, letter.case_id, letter.round) == (event.type, event.case_id, 1)
    assert letter.data == event.data()
    assert letter.error_code == "500"
    assert letter.error_destination == "http://route.lotse.svc/"
    assert "RXJpa2E" not in letter.model_dump_json()


@pytest.mark.parametrize("body", [b"[]", b"[1]", b"null", b"1.5", b'"text"', b"true"])
def test_json_that_is_no_object_is_kept_as_unreadable(body: bytes) -> None:
    structured = ("Content-Type", "application/cloudevents+json")

    letter = read_letter([*FOREIGN[:-1], structured], body)

    assert letter.source == "unreadable"


def test_of_a_foreign_event_only_attributes_without_a_subject_are_kept() -> None:
    letter = read_letter(FOREIGN, b'{"name": "Erika Mustermann"}')

    assert (letter.source, letter.event_id) == ("/elsewhere", "17")
    assert letter.data is None
    assert "Mustermann" not in letter.model_dump_json()


def test_an_event_that_only_claims_to_be_ours_is_kept_without_its_data() -> None:
    case_id = uuid4()
    event = CaseReceived(
        id=uuid4(),  # not the one that we compute
        case_id=case_id,
        sequence=1,
        round=1,
        time=datetime.now(UTC),
        sender="Erika Mustermann",
    )
    headers, body = binary(event)

    letter = read_letter(list(headers.items()), body)

    assert letter.data is None
    assert letter.case_id == case_id
    assert "Mustermann" not in letter.model_dump_json()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([], b""),
        ([], b"\x00\xff garbage of Erika Mustermann"),
        ([("Content-Type", "application/cloudevents+json")], b"{"),
        ([("Content-Type", "application/cloudevents+json")], b"[" * 100_000),
        ([("Content-Type", "application/cloudevents+json")], b"[]"),
        ([("Content-Type", "application/cloudevents+json")], b'{"specversion": "1.0"}'),
        ([("Content-Type", "application/cloudevents+json")], b'{"specversion": ["1.0"]}'),
        (
            [("Content-Type", "application/cloudevents+json")],
            b'{"specversion": "1.0", "id": 1, "source": [], "type": {}, "time": "never"}',
        ),
        ([("Ce-Specversion", "9000.1"), *FOREIGN[1:]], b"{}"),
        ([("Ce-Specversion", "1.0"), ("Ce-Id", "17")], b"Erika Mustermann"),
        ([*FOREIGN[:5], ("Content-Type", "application/json")], b"{not json"),
        ([*FOREIGN[:5], ("Content-Type", "application/json")], b"\xff\xfe"),
        ([*FOREIGN[:5], ("Content-Type", "application/json")], b"[" * 100_000),
        ([*FOREIGN, ("Ce-Time", "never")], b"{}"),
    ],
)
def test_whatever_arrives_becomes_a_letter_without_its_contents(
    headers: list[tuple[str, str]], body: bytes
) -> None:
    letter = read_letter([*headers, *ERROR], body)

    assert letter == read_letter([*headers, *ERROR[:2], ("Ce-Knativeerrordata", "other")], body)
    assert letter.source
    assert letter.event_id
    assert letter.data is None
    assert "Mustermann" not in letter.model_dump_json()


def test_different_garbage_is_kept_apart() -> None:
    assert read_letter([], b"one").event_id != read_letter([], b"two").event_id


def test_an_attribute_that_postgres_or_a_screen_cannot_take_is_kept_as_its_digest() -> None:
    structured = [("Content-Type", "application/cloudevents+json")]
    body = (
        rb'{"specversion":"1.0","id":"a\u0000\ud800","source":"/x","type":"' + b"t" * 5000 + b'"}'
    )

    letter = read_letter(structured, body)

    assert letter.event_id.startswith("sha256:")
    assert letter.type is not None
    assert letter.type.startswith("sha256:")
