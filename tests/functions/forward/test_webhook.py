"""What only a webhook does: 202 and a receipt later, links to files, reasons, a test."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import urllib3
from pydantic import ValidationError

from functions.forward.destination import Awaited, Contents, Deadline, Message, Refused
from shared.adapters.object_links import S3Links
from shared.adapters.object_store import ObjectStoreSettings
from shared.domain.configuration.destinations import Destination
from shared.domain.forwarding import Receipt
from shared.secrets import resolve
from tests.functions.forward.receiver import Receiver
from tests.functions.forward.rigs import Rig, WebhookRig, a_message


@pytest.fixture
def webhook(
    make_rig: Callable[[str], Rig], object_store_settings: ObjectStoreSettings
) -> WebhookRig:
    rig = make_rig("webhook")
    assert isinstance(rig, WebhookRig)
    rig.means = replace(rig.means, link=S3Links(object_store_settings, None).link)
    return rig


def files_in(message: Message) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = json.loads(message.body)["data"]["files"]
    return files


def test_202_says_that_it_is_taken_and_not_accepted_yet(
    webhook: WebhookRig, contents: Contents, receiver: Receiver
) -> None:
    receiver.script = ["202"]
    webhook.settings["receipt_within_hours"] = 2
    message = a_message(webhook, contents)

    handed = webhook.open().send(message)

    assert isinstance(handed, Awaited)
    assert handed.within_seconds == 7200
    assert handed.receipt.external_id == f"FV-{str(message.id)[:8]}"
    assert webhook.open().ask(message, handed.receipt) == handed


def test_files_can_be_fetched_by_links_with_their_names_and_types(
    webhook: WebhookRig, contents: Contents
) -> None:
    webhook.settings |= {"files": "links", "inline_limit_bytes": 1000}
    message = a_message(webhook, contents)

    original, *others = files_in(message)

    assert "content" in original, "it lies in no store of files"
    assert len(others) == 3
    for file in others:
        answer = urllib3.request("GET", file["link"])
        assert answer.status == 200
        assert sha256(answer.data).hexdigest() == file["sha256"]
        assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    assert (
        "gro%C3%9F.bin" in urllib3.request("GET", others[1]["link"]).headers["content-disposition"]
    )
    altered = others[0]["link"].replace("X-Amz-Signature=", "X-Amz-Signature=0")
    assert urllib3.request("GET", altered).status == 403


def test_links_name_the_address_that_others_reach_the_store_by(
    webhook: WebhookRig, contents: Contents, object_store_settings: ObjectStoreSettings
) -> None:
    links = S3Links(object_store_settings, "https://dateien.example")
    webhook.means = replace(webhook.means, link=links.link)
    webhook.settings["files"] = "links"

    file = files_in(a_message(webhook, contents))[1]

    assert file["link"].startswith(f"https://dateien.example/{object_store_settings.s3_bucket}/")


def test_a_message_whose_links_have_expired_is_not_sent(
    webhook: WebhookRig, contents: Contents, receiver: Receiver
) -> None:
    webhook.settings["files"] = "links"
    message = a_message(webhook, contents)
    text = json.loads(message.body)
    text["data"]["links_valid_until"] = "2026-01-01T00:00:00+00:00"

    with pytest.raises(Refused, match="links_expired"):
        webhook.open().send(replace(message, body=json.dumps(text).encode()))

    assert receiver.requests == []


def test_links_have_to_last_as_long_as_it_is_tried() -> None:
    settings: dict[str, Any] = {"kind": "webhook", "url": "https://x.example/", "secret": "env:S"}
    settings |= {"files": "links", "links_valid_hours": 71}

    with pytest.raises(ValidationError, match="links_valid_hours has to be 72 at least"):
        Destination.model_validate({"id": "fv", "when": "on_assignment", "settings": settings})


def test_a_refusal_is_kept_in_the_receivers_words(
    webhook: WebhookRig, contents: Contents, receiver: Receiver
) -> None:
    receiver.script = ["problem"]

    with pytest.raises(Refused) as refused:
        webhook.open().send(a_message(webhook, contents))

    assert (refused.value.code, refused.value.status) == ("http_422", 422)
    assert refused.value.reason == "Ungültig: Das Flurstück fehlt."
    assert "Flurstück" not in str(refused.value)


def test_a_test_is_a_signed_message_of_a_type_of_its_own(
    webhook: WebhookRig, receiver: Receiver
) -> None:
    (step,) = webhook.open().test(Deadline(10))

    assert step.ok is True
    ((_, body),) = receiver.requests
    assert json.loads(body)["type"] == "destination.test.v1"
    assert json.loads(body)["data"] == {}


@pytest.mark.parametrize(
    ("word", "said"), [("401", "does not accept our login"), ("cut", "broke off")]
)
def test_a_test_says_what_is_wrong(
    webhook: WebhookRig, receiver: Receiver, word: str, said: str
) -> None:
    receiver.script = [word]

    (step,) = webhook.open().test(Deadline(10))

    assert step.ok is False
    assert said in step.text


def test_without_a_secret_a_test_says_which(webhook: WebhookRig) -> None:
    webhook.settings["secret"] = "env:NONE_SUCH"
    webhook.means = replace(webhook.means, secret=resolve)

    (step,) = webhook.open().test(Deadline(10))

    assert (step.ok, "env:NONE_SUCH" in step.text) == (False, True)


def test_200_is_accepted(webhook: WebhookRig, contents: Contents) -> None:
    assert isinstance(webhook.open().send(a_message(webhook, contents)), Receipt)
