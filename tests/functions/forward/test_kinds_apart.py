"""What one kind of destination promises beside what all of them do."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from functions.forward.destination import Contents, NotDelivered, Refused
from functions.forward.means import Means
from infra.local.ports import HOST, free_port
from infra.local.s3 import EmbeddedS3
from shared.adapters.object_store import S3ObjectStore
from shared.domain.errors import Unavailable
from shared.domain.forwarding import MessageId, Receipt
from shared.domain.identifiers import AuthorityId
from tests.factories import TRADE_OFFICE
from tests.functions.forward.receiver import SECRET, Receiver
from tests.functions.forward.relay import Relay, a_relay
from tests.functions.forward.rigs import (
    LARGE,
    FolderRig,
    S3Rig,
    WebhookRig,
    _name,
    a_message,
    again,
    store_settings,
)


@pytest.fixture
def webhook(means: Means, receiver: Receiver) -> WebhookRig:
    return WebhookRig(means, receiver)


@pytest.mark.parametrize("word", ["slow", "drip"])
def test_a_webhook_that_is_slower_than_its_time_is_cut(
    webhook: WebhookRig, contents: Contents, receiver: Receiver, word: str
) -> None:
    receiver.script = [word]

    with pytest.raises(NotDelivered, match="timeout"):
        webhook.open().send(a_message(webhook, contents, seconds=0.5))


def test_a_webhook_that_takes_it_and_says_nothing_gets_the_same_again(
    webhook: WebhookRig, contents: Contents, receiver: Receiver
) -> None:
    message = a_message(webhook, contents)
    receiver.script = ["accept_then_cut"]
    with pytest.raises(NotDelivered, match="connection"):
        webhook.open().send(message)

    webhook.open().send(again(message))

    assert receiver.requests[0] == receiver.requests[1]
    assert len(receiver.held) == 1


@pytest.mark.parametrize("word", ["no_id", "drip_body", "204"])
def test_a_webhook_has_accepted_whatever_its_answer_says(
    webhook: WebhookRig, contents: Contents, receiver: Receiver, word: str
) -> None:
    receiver.script = [word]

    receipt = webhook.open().send(a_message(webhook, contents, seconds=2))

    assert isinstance(receipt, Receipt)
    assert receipt.external_id is None


@pytest.mark.parametrize("status", ["404", "408", "409", "429", "500", "503"])
def test_these_answers_of_a_webhook_pass(
    webhook: WebhookRig, contents: Contents, receiver: Receiver, status: str
) -> None:
    receiver.script = [status]

    with pytest.raises(NotDelivered, match=f"http_{status}") as failed:
        webhook.open().send(a_message(webhook, contents))

    assert failed.value.status == int(status)


def test_what_is_too_large_for_a_webhook_is_refused(
    webhook: WebhookRig, contents: Contents
) -> None:
    webhook.settings["inline_limit_bytes"] = 5 * 1024 * 1024

    with pytest.raises(Refused, match="too_large_for_inline"):
        webhook.open().build(contents)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_?"])
def test_a_secret_that_is_none_is_refused_without_quoting_it(
    webhook: WebhookRig, contents: Contents, secret: str
) -> None:
    message = a_message(webhook, contents)
    webhook.means = replace(webhook.means, secret=lambda _: secret)

    with pytest.raises(Refused) as refused:
        webhook.open().send(message)

    assert str(refused.value) == "bad_secret"


def test_an_address_by_reference_is_looked_up(
    webhook: WebhookRig, contents: Contents, receiver: Receiver
) -> None:
    known = {"env:WEBHOOK_SECRET": SECRET, "env:ADDRESS": receiver.url}
    webhook.means = replace(webhook.means, secret=known.__getitem__)
    webhook.settings["url"] = "env:ADDRESS"

    webhook.open().send(a_message(webhook, contents))

    assert len(receiver.held) == 1


def test_nobody_listening_passes(webhook: WebhookRig, contents: Contents) -> None:
    webhook.settings["url"] = f"http://{HOST}:{free_port()}/"

    with pytest.raises(NotDelivered, match="connection"):
        webhook.open().send(a_message(webhook, contents))


@pytest.fixture
def s3_behind_a_relay(
    means: Means, object_store_server: EmbeddedS3, bucket: str
) -> Iterator[tuple[S3Rig, Relay]]:
    with a_relay(object_store_server.port) as relay:
        rig = S3Rig(means, object_store_server, bucket)
        settings = store_settings(object_store_server, bucket)
        through = settings.model_copy(update={"s3_endpoint_url": f"http://{HOST}:{relay.port}"})
        rig.means = replace(means, store=lambda _: S3ObjectStore(through))
        yield rig, relay


@pytest.mark.parametrize("after", [2, 8])
def test_a_bucket_whose_connections_are_cut_holds_one_in_the_end(
    s3_behind_a_relay: tuple[S3Rig, Relay], contents: Contents, after: int
) -> None:
    rig, relay = s3_behind_a_relay
    message = a_message(rig, contents)
    relay.cut_after_megabytes(after)
    try:
        rig.open().send(message)
    except Unavailable:
        assert rig.held() == {}

    relay.mend()
    rig.open().send(again(message))

    (delivery,) = rig.held().values()
    assert delivery["files/2_groß.bin"] == LARGE


def test_an_authority_with_odd_characters_gets_a_folder_of_its_own(
    means: Means, contents: Contents, root: Path
) -> None:
    rig = FolderRig(means)
    for authority in ("L100:7/..", "L100_7_..", ".."):
        case = contents.case.model_copy(update={"authority": AuthorityId(authority)})
        odd = replace(contents, case=case, message_id=MessageId(uuid4()))
        rig.open().send(a_message(rig, odd))

    folders = sorted(folder.name for folder in (root / "ablage").iterdir())
    assert len(folders) == 3
    assert [path.name for path in root.iterdir()] == ["ablage"]


def test_left_overs_of_an_attempt_that_was_killed_are_swept(
    means: Means, contents: Contents, root: Path
) -> None:
    rig = FolderRig(means)
    message = a_message(rig, contents)
    parent = root / "ablage" / TRADE_OFFICE
    left_over = parent / f".{_name(message)}.part"
    left_over.mkdir(parents=True)
    (left_over / "original").write_bytes(b"half")

    rig.open().send(message)

    assert [path.name for path in parent.iterdir()] == [_name(message)]
