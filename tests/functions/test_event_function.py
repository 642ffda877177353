"""The seam between a function and its broker: what each ending is answered with."""

import json
from collections.abc import Iterator

import pytest
import urllib3

from shared.domain.events import CaseReceived, CaseRouted
from shared.domain.identifiers import AuthorityId, SenderId
from shared.runtime.cloud_events import binary, parse, read
from tests.factories import a_case
from tests.functions.misbehaving import SECRET
from tests.functions.process import FunctionProcess, a_function


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionProcess]:
    folder = tmp_path_factory.mktemp("seam")
    with a_function("tests/functions/misbehaving.py", folder) as running:
        yield running


def an_event(ending: str = "silence") -> CaseReceived:
    _, event = a_case().announce(CaseReceived, sender=SenderId(ending))
    return event


def test_a_reply_is_an_event_in_binary_mode(function: FunctionProcess) -> None:
    event = an_event("reply")

    answer = function.post(event)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    reply = read(parse(answer.headers.items(), answer.data), CaseRouted)
    assert (reply.case_id, reply.round) == (event.case_id, 1)


def test_nothing_to_say_is_an_answer_without_an_event(function: FunctionProcess) -> None:
    answer = function.post(an_event("silence"))

    assert (answer.status, answer.data) == (200, b"")
    assert "ce-type" not in answer.headers


def test_an_event_in_structured_mode_is_taken_as_well(function: FunctionProcess) -> None:
    headers, body = binary(an_event("reply"))
    event = {name.removeprefix("ce-"): value for name, value in headers.items()}
    del event["content-type"]

    answer = function.send(
        {"Content-Type": "application/cloudevents+json"},
        json.dumps(event | {"data": json.loads(body)}).encode(),
    )

    assert (answer.status, answer.headers["ce-type"]) == (200, CaseRouted.type)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1.5", b'"text"'])
def test_json_that_is_no_object_is_final(function: FunctionProcess, body: bytes) -> None:
    headers, _ = binary(an_event())

    answer = function.send(headers | {"content-type": "application/cloudevents+json"}, body)

    assert (answer.status, answer.data) == (400, b"")


@pytest.mark.parametrize(
    "changed",
    [
        {"ce-specversion": "9000.1"},
        {"ce-specversion": "0.3"},
        {"ce-specversion": None},
        {"ce-id": None},
        {"ce-id": "not-a-uuid"},
        {"ce-type": None},
        {"ce-source": None},
        {"ce-round": None},
        {"ce-round": "two"},
    ],
    ids=str,
)
def test_what_is_not_our_event_is_final(
    function: FunctionProcess, changed: dict[str, str | None]
) -> None:
    headers, body = binary(an_event())
    sent = {name: value for name, value in {**headers, **changed}.items() if value is not None}

    answer = function.send(sent, body)

    assert (answer.status, answer.data) == (400, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"case_id": "x", "sequence": 1, "sender": "reply"}',
        b'{"case_id": NaN}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_data_that_is_not_ours_is_final(function: FunctionProcess, body: bytes) -> None:
    headers, _ = binary(an_event())

    answer = function.send(headers, body)

    assert (answer.status, answer.data) == (400, b"")


def test_a_request_that_is_no_event_at_all_is_final(function: FunctionProcess) -> None:
    assert function.send({}, b"hello").status == 400
    assert function.send({"Content-Type": "application/cloudevents+json"}, b"{").status == 400


def test_an_event_of_another_type_can_never_succeed(function: FunctionProcess) -> None:
    _, event = a_case().announce(CaseRouted, authority=AuthorityId("x"))

    assert function.post(event).status == 422


@pytest.mark.parametrize(
    ("ending", "status"),
    [("unknown", 422), ("unavailable", 503), ("bug", 500), ("broken-row", 500)],
)
def test_an_error_says_by_its_status_whether_trying_again_helps(
    function: FunctionProcess, ending: str, status: int
) -> None:
    answer = function.post(an_event(ending))

    assert (answer.status, answer.data) == (status, b"")


@pytest.mark.parametrize("ending", ["bug", "broken-row"])
def test_the_text_of_a_foreign_error_reaches_neither_log_nor_answer(
    function: FunctionProcess, ending: str
) -> None:
    event = an_event(ending)

    answer = function.post(event)

    seen = function.log() + str(answer.headers) + answer.data.decode()
    (line,) = [json.loads(line) for line in function.log().splitlines() if str(event.id) in line]
    assert line["event"] == "event_failed"
    assert line["case_id"] == str(event.case_id)
    for secret in (SECRET, "Mustermann", "Heidestra"):
        assert secret not in seen


def test_a_value_in_a_broken_event_does_not_reach_the_log(function: FunctionProcess) -> None:
    headers, body = binary(an_event())
    broken = json.dumps(json.loads(body) | {"sequence": SECRET}).encode()

    assert function.send(headers, broken).status == 400
    assert "Mustermann" not in function.log()
    assert '"sequence"' in function.log()


def test_only_post_is_for_events(function: FunctionProcess) -> None:
    assert urllib3.request("PUT", function.url, retries=False).status == 405
    assert urllib3.request("GET", f"{function.url}/readyz", retries=False).status == 200
