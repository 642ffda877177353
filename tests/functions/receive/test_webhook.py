"""Webhooks at the running intake: signed, streamed, plain, and as CloudEvents."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent
from standardwebhooks import Webhook

from functions.receive.proofs import SignatureHeaders, SignedBody
from infra.local.s3 import EmbeddedS3
from shared.domain.configuration.senders import Signature
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake
from tests.functions.receive.web_forms import URLENCODED, an_intake, declared, shown, stored

MEBIBYTE = 1024 * 1024
OLD = "whsec_" + base64.b64encode(b"the-secret-of-last-year!").decode()
NEW = "whsec_" + base64.b64encode(b"the-secret-of-this-year!").decode()
JSON = "application/json"
FORM = json.dumps({"form": "hundesteuer", "name": "Müßig"}, ensure_ascii=False).encode()
EXAMPLES = Path(__file__).parent / "examples/webhook"


@pytest.fixture
def intake(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    signature = {"kind": "signature", "secrets": ["env:HOOK_OLD", "env:HOOK_NEW"]}
    signed = {"id": "signed", "platform": "webhook", "authentication": signature}
    senders = signed, declared("plain", "webhook", group_separator=".")
    secrets = {"HOOK_OLD": OLD, "HOOK_NEW": NEW}
    with an_intake(
        database_url, object_store_server, bucket, tmp_path, *senders, **secrets
    ) as running:
        yield running


def signed(body: bytes, id_: str = "msg-1", *, secret: str = NEW, age: float = 0) -> dict[str, str]:
    """As the reference implementation of Standard Webhooks signs; its bodies are text."""
    sent_at = datetime.fromtimestamp(int(time.time() - age), UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, sent_at, body.decode()),
    }


def deliver(intake: Intake, headers: dict[str, str], body: bytes = FORM) -> int:
    return intake.post_to("/webhook/signed", body, JSON, headers)[0]


def test_both_secrets_hold_while_one_is_replaced(intake: Intake) -> None:
    for id_, secret in (("a", OLD), ("b", NEW)):
        assert deliver(intake, signed(FORM, id_, secret=secret)) == 202

    both = signed(FORM, "c", secret=OLD)
    other = "whsec_" + base64.b64encode(b"somebody else's").decode()
    wrong = signed(FORM, "c", secret=other)["webhook-signature"]
    both["webhook-signature"] = f"v1a,eA== {wrong} {both['webhook-signature']}"
    assert deliver(intake, both) == 202
    assert intake.rows("SELECT transaction_id FROM cases ORDER BY 1") == [("a",), ("b",), ("c",)]


def test_the_id_that_is_signed_is_the_transaction(intake: Intake) -> None:
    headers = signed(FORM)
    assert deliver(intake, headers) == deliver(intake, signed(FORM, age=60)) == 202
    assert intake.count("cases") == 1

    other = FORM.replace(b"hund", b"katz")
    assert deliver(intake, signed(other), other) == 409


def test_what_is_not_signed_leaves_nothing(intake: Intake) -> None:
    file = a_part("f", b"x" * 9 * MEBIBYTE, "a.bin")
    body = a_body(file, a_part("name", "Muster"))
    good = signed(body)
    for headers, sent in (
        ({}, body),
        ({"webhook-id": "msg-1"}, body),
        ({**good, "webhook-id": "msg-2"}, body),
        ({**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) - 1)}, body),
        ({**good, "webhook-signature": "v1,"}, body),
        (good, body.replace(b"Muster", b"Mustes")),
        (signed(body, age=400), body),
        (signed(body, age=-400), body),
        (signed(body, secret="whsec_" + base64.b64encode(b"another").decode()), body),
    ):
        status, problem = intake.post_to("/webhook/signed", sent, CONTENT_TYPE, headers)
        assert (status, problem["status"]) == (401, 401)

    assert intake.left_behind() == NOTHING


def test_a_large_file_is_streamed_and_signed(intake: Intake) -> None:
    def body(size: int) -> bytes:
        file = a_part("f", b"x" * size * MEBIBYTE, f"{size}.bin")
        return a_body(file, a_part("name", "Muster"))

    warm, large = body(1), body(20)
    intake.post_to("/webhook/signed", warm, CONTENT_TYPE, signed(warm, "warm"))
    before = intake.resident()

    status, receipt = intake.post_to("/webhook/signed", large, CONTENT_TYPE, signed(large))

    assert status == 202
    assert [part["size"] for part in receipt["parts"]][1:] == [20 * MEBIBYTE]
    assert intake.resident() - before <= 16 * MEBIBYTE


@pytest.mark.parametrize("size", [24, 25, 26])
@pytest.mark.parametrize("padded", [True, False])
def test_a_secret_counts_with_its_padding_or_without(
    size: int, padded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "whsec_" + base64.b64encode(b"s" * size).decode()
    monkeypatch.setenv("HOOK", secret if padded else secret.rstrip("="))
    headers = signed(FORM, secret=secret)
    told = SignatureHeaders(*(headers[f"webhook-{n}"] for n in ("id", "timestamp", "signature")))
    body = SignedBody(told, Signature(kind="signature", secrets=("env:HOOK",)))

    body.update(FORM)

    body.check()  # raises if it does not fit


def test_an_event_that_is_signed_is_known_by_what_is_signed(intake: Intake) -> None:
    event = CloudEvent({"source": "/form", "type": "example.form", "id": "7"}, {"a": "1"})
    headers, body = to_binary(event)
    for id_, expected in (("7", "msg-1"), ("8", "msg-1")):
        unsigned = {**headers, "ce-id": id_}
        assert deliver(intake, {**unsigned, **signed(body)}, body) == 202
        assert intake.rows("SELECT transaction_id FROM cases") == [(expected,)]

    headers, body = to_structured(event)
    content_type = headers["content-type"]
    headers = signed(body, "msg-2")
    assert intake.post_to("/webhook/signed", body, content_type, headers)[0] == 202
    assert intake.count("cases") == 2
    assert shown(stored(intake, "signed", "/form 7").fields) == [("a", "1")]


def test_events_in_both_modes_are_one_event(intake: Intake) -> None:
    event = CloudEvent({"source": "https://a.example/", "type": "t", "id": "7"}, {"a": "ä"})
    (headers, body), (other_headers, structured) = to_binary(event), to_structured(event)

    first = intake.post_to("/webhook/plain", body, JSON, headers)
    again = intake.post_to("/webhook/plain", structured, other_headers["content-type"])

    assert first[0] == 202
    assert again == first
    assert intake.count("cases") == 1
    url = (
        f"http://127.0.0.1:{intake.port}/webhook/plain/transactions/https%3A%2F%2Fa.example%2F%207"
    )
    assert intake.http.request("GET", url, redirect=False).json()["state"] == "stored"


def test_a_form_in_any_kind_of_body_is_stored(intake: Intake) -> None:
    for number, (body, content_type) in enumerate(
        (
            (b"p.a=1&p.b=%C3%A4", URLENCODED),
            (a_body(a_part("p.a", "1"), a_part("p.b", "ä"), a_part("f", "x", "f")), CONTENT_TYPE),
            ('{"p": {"a": "1", "b": "ä"}}'.encode(), JSON),
        )
    ):
        headers = {"webhook-id": f"id-{number}"}
        status, receipt = intake.post_to("/webhook/plain", body, content_type, headers)
        assert (status, receipt["transactionId"]) == (202, f"id-{number}")
        submission = stored(intake, "plain", f"id-{number}")
        assert shown(submission.fields) == [("p", [("a", "1"), ("b", "ä")])]


def test_recorded_examples_are_stored(intake: Intake) -> None:
    event = (EXAMPLES / "hundesteuer.cloudevent.json").read_bytes()
    status, receipt = intake.post_to("/webhook/plain", event, "application/cloudevents+json")
    assert status == 202
    submission = stored(intake, "plain", receipt["transactionId"])
    assert submission.form_id == "example.musterstadt.hundesteuer.v1"
    assert [name for name, _ in shown(submission.fields)] == ["hund", "halter"]

    body = (EXAMPLES / "hundesteuer.json").read_bytes()
    status, _ = intake.post_to("/webhook/plain", body, JSON, {"webhook-id": "msg-2027-0001"})
    assert status == 202
    assert stored(intake, "plain", "msg-2027-0001").fields == submission.fields
