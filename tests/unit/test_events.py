"""Every event as it travels: recorded examples, there and back again."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from shared.domain.events import EVENT_TYPES, CaseReceived, CaseRouted, Event
from shared.domain.identifiers import AuthorityId
from shared.runtime.cloud_events import NotOurEvent, binary, parse, read
from tests.factories import FORMSERVER, a_case

EXAMPLES = Path(__file__).parents[1] / "events"
every_type = pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=EVENT_TYPES)


def recorded(event_type: type[Event]) -> dict[str, Any]:
    name = event_type.type.removeprefix("de.antragslotse.")
    example: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return example


def there_and_back(event: Event) -> Event:
    headers, body = binary(event)
    return read(parse(headers.items(), body), type(event))


@every_type
def test_an_event_arrives_as_it_was_sent(event_type: type[Event]) -> None:
    example = recorded(event_type)
    event = read(_structured(example), event_type)

    assert there_and_back(event) == event


@every_type
def test_an_event_is_sent_as_it_was_recorded(event_type: type[Event]) -> None:
    """Another version of the code still sends what others have learnt to read."""
    example = recorded(event_type)

    headers, body = binary(read(_structured(example), event_type))

    sent = {name.removeprefix("ce-"): value for name, value in headers.items()}
    sent["datacontenttype"] = sent.pop("content-type")
    assert sent == {name: value for name, value in example.items() if name != "data"}
    assert json.loads(body) == example["data"]


@every_type
def test_members_of_a_later_version_are_ignored(event_type: type[Event]) -> None:
    example = recorded(event_type)
    later = example | {"data": example["data"] | {"learnt_later": 1}}

    assert read(_structured(later), event_type) == read(_structured(example), event_type)


def test_every_type_has_one_recorded_example() -> None:
    names = {event_type.removeprefix("de.antragslotse.") for event_type in EVENT_TYPES}

    assert {path.stem for path in EXAMPLES.glob("case.*.json")} == names


def test_no_class_of_events_is_left_out() -> None:
    assert set(EVENT_TYPES.values()) == set(Event.__subclasses__())


def test_the_same_row_always_gives_the_same_bytes() -> None:
    _, event = a_case().announce(CaseReceived, sender=FORMSERVER)
    elsewhere = event.model_copy(
        update={"time": event.time.astimezone(timezone(timedelta(hours=1)))}
    )

    assert binary(event) == binary(event)
    assert binary(elsewhere) == binary(event)


def test_an_event_keeps_the_trace_of_its_cause() -> None:
    case, cause = a_case().announce(CaseReceived, sender=FORMSERVER)
    traced = cause.model_copy(update={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})

    _, event = case.announce(CaseRouted, cause=traced, authority=AuthorityId("x"))

    assert there_and_back(event).traceparent == traced.traceparent


def test_a_trace_that_is_none_is_dropped_and_not_passed_on() -> None:
    example = recorded(CaseReceived) | {"traceparent": "Erika Mustermann"}

    assert read(_structured(example), CaseReceived).traceparent is None


@pytest.mark.parametrize("member", ["case_id", "sequence", "sender"])
def test_what_is_wrong_is_named_by_its_place_never_by_its_value(member: str) -> None:
    example = recorded(CaseReceived)
    broken = example | {"data": example["data"] | {member: ["Erika Mustermann"]}}

    with pytest.raises(NotOurEvent) as caught:
        read(_structured(broken), CaseReceived)

    assert member in str(caught.value)
    assert "Mustermann" not in str(caught.value)


def test_steps_of_a_case_are_counted() -> None:
    case, first = a_case().announce(CaseReceived, sender=FORMSERVER)
    _, second = case.announce(CaseRouted, cause=first, authority=AuthorityId("x"))

    assert (first.sequence, second.sequence) == (1, 2)
    assert first.id != second.id
    assert second.time.tzinfo is UTC
    assert second.time <= datetime.now(UTC)


def _structured(example: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/cloudevents+json"}
    return parse(headers.items(), json.dumps(example).encode())
