"""What may be declared as a destination, which cases it takes, and how long it is tried."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from shared.domain.configuration.destinations import Destination, Retry
from shared.domain.forwarding import ForwardingId, delay_after, forwarding_id, message_id
from shared.domain.identifiers import DestinationId, EventId
from tests.factories import BUILDING_OFFICE, TRADE_OFFICE, a_case

FOLDER = {"kind": "folder", "path": "ablage"}
WEBHOOK = {"kind": "webhook", "url": "https://fv.example/cases", "secret": "env:SECRET"}
S3 = {"kind": "s3", "bucket": "archiv", "prefix": "faelle"}
SOME = ForwardingId(UUID(int=7))


def a_destination(settings: dict[str, Any], **members: Any) -> Destination:
    return Destination.model_validate(
        {"id": "ziel", "settings": settings, "when": "on_assignment", **members}
    )


@pytest.mark.parametrize("settings", [FOLDER, WEBHOOK, S3, {**WEBHOOK, "url": "env:ADDRESS"}])
def test_each_kind_is_told_by_its_name(settings: dict[str, Any]) -> None:
    assert a_destination(settings).settings.kind == settings["kind"]


@pytest.mark.parametrize(
    "settings",
    [
        {**FOLDER, "path": "/etc"},
        {**FOLDER, "path": "a/../../b"},
        {**FOLDER, "path": ""},
        {**WEBHOOK, "url": "ftp://fv.example/"},
        {**WEBHOOK, "url": "https://user:password@fv.example/"},
        {**WEBHOOK, "url": "https:///cases"},
        {**WEBHOOK, "secret": "whsec_abc"},
        {**S3, "prefix": "/faelle/"},
        {**S3, "endpoint_url": "https://s3.example"},
        {**S3, "access_key_id": "env:KEY", "secret_access_key": "env:SECRET"},
        {"kind": "fax", "number": "0"},
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_destination(settings)


def test_without_filters_every_case_is_taken() -> None:
    assert a_destination(FOLDER).takes(a_case(authority=TRADE_OFFICE))


@pytest.mark.parametrize(
    ("members", "taken"),
    [
        ({"authorities": [TRADE_OFFICE]}, True),
        ({"authorities": [BUILDING_OFFICE]}, False),
        ({"leika_keys": ["99050012104000"]}, True),
        ({"leika_keys": ["99012", "99050"]}, True),
        ({"leika_keys": ["99012"]}, False),
        ({"forms": ["Gewerbeanmeldung"]}, True),
        ({"forms": ["Bauantrag"]}, False),
    ],
)
def test_every_filter_has_to_fit(members: dict[str, Any], taken: bool) -> None:
    assert a_destination(FOLDER, **members).takes(a_case(authority=TRADE_OFFICE)) is taken


def test_a_test_case_is_only_taken_where_that_is_declared() -> None:
    case = a_case(authority=TRADE_OFFICE, is_test=True)

    assert not a_destination(FOLDER).takes(case)
    assert a_destination(FOLDER, accepts_test_cases=True).takes(case)


def test_delays_grow_to_their_maximum_give_or_take_a_quarter() -> None:
    retry = Retry(first_delay_seconds=10, factor=2, max_delay_seconds=60)

    delays = [delay_after(SOME, attempt, retry) for attempt in (1, 2, 3, 4, 5, 10_000)]

    for delay, middle in zip(delays, [10, 20, 40, 60, 60, 60], strict=True):
        assert 0.75 * middle <= delay < 1.25 * middle


def test_delays_differ_between_forwardings_and_not_between_runs() -> None:
    other = ForwardingId(UUID(int=8))

    assert delay_after(SOME, 1, Retry()) == delay_after(SOME, 1, Retry())
    assert delay_after(SOME, 1, Retry()) != delay_after(other, 1, Retry())


def test_the_same_occasion_gives_the_same_message() -> None:
    case, occasion = a_case(), EventId(UUID(int=1))

    ids = [forwarding_id(case.id, 1, DestinationId("ziel"), occasion) for _ in range(2)]

    assert len({message_id(id_) for id_ in ids}) == 1
    assert forwarding_id(case.id, 2, DestinationId("ziel"), occasion) != ids[0]
