"""What every kind of destination promises, run against each of them."""

import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from functions.forward.destination import (
    Contents,
    Damaged,
    Deadline,
    DestinationKind,
    Message,
    NotDelivered,
    Refused,
)
from functions.forward.destinations import KINDS, open_destination
from functions.forward.destinations.means import Means
from infra.local.ports import HOST, free_port
from infra.local.s3 import EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.domain.configuration.destinations import S3, Destination
from shared.domain.errors import Unavailable
from shared.domain.forwarding import MessageId, Receipt
from shared.domain.identifiers import AuthorityId
from shared.domain.submission import Attachment, AttachmentKind, Submission
from tests.factories import FORMSERVER, TENANT, TRADE_OFFICE, a_case
from tests.functions.forward.office import FIELDS, ORIGINAL, PDF, tree
from tests.functions.forward.receiver import SECRET, Receiver
from tests.functions.forward.relay import Relay, a_relay

LARGE = os.urandom(9 * 1024 * 1024)  # more than one part of a multipart upload

Held = dict[str, Any]


class Rig(ABC):
    """One kind, and the other side of it, made to misbehave."""

    settings: dict[str, Any]

    def __init__(self, means: Means) -> None:
        self.means = means

    def open(self) -> DestinationKind:
        destination = Destination.model_validate(
            {"id": "ziel", "when": "on_assignment", "settings": self.settings}
        )
        return open_destination(destination, self.means)

    @abstractmethod
    def held(self) -> Held:
        """What a receiver that drops repeats has, by message; only what arrived as a whole."""

    @abstractmethod
    def refuse(self, message: Message) -> None: ...

    @abstractmethod
    def fail(self) -> None: ...

    @abstractmethod
    def cut(self) -> None: ...

    @abstractmethod
    def mend(self) -> None: ...


class FolderRig(Rig):
    settings = {"kind": "folder", "path": "ablage"}  # noqa: RUF012 - read only

    def held(self) -> Held:
        root = self._root()
        return {str(f.relative_to(root)): tree(f) for f in root.glob("*/*/*") if _visible(f)}

    def refuse(self, message: Message) -> None:
        taken = self._root() / "ablage" / TRADE_OFFICE / _name(message)
        taken.mkdir(parents=True)
        (taken / "manifest.json").write_text("{}")

    def fail(self) -> None:
        self._root().rename(self._root().with_name("away"))

    def cut(self) -> None:
        self.means = replace(self.means, objects=_CutObjects(self.means.objects))

    def mend(self) -> None:
        if self._root().with_name("away").exists():
            self._root().with_name("away").rename(self._root())
        if isinstance(self.means.objects, _CutObjects):
            self.means = replace(self.means, objects=self.means.objects.whole)

    def _root(self) -> Path:
        assert self.means.destinations_root is not None
        return self.means.destinations_root


class S3Rig(Rig):
    def __init__(self, means: Means, server: EmbeddedS3, bucket: str) -> None:
        super().__init__(means)
        self.settings = {"kind": "s3", "bucket": bucket, "prefix": "ziel/hier"}
        self._bucket = bucket
        self._store = S3ObjectStore(store_settings(server, bucket))

    def held(self) -> Held:
        found: Held = {}
        for key in self._store.keys("ziel/hier/"):
            _, _, authority, name, path = key.split("/", 4)
            delivery = found.setdefault(f"{authority}/{name}", {})
            delivery[path] = b"".join(self._store.read(key))
        return {name: files for name, files in found.items() if "manifest.json" in files}

    def refuse(self, message: Message) -> None:
        self._store.put(f"ziel/hier/{TRADE_OFFICE}/{_name(message)}/fields.json", b"taken")

    def fail(self) -> None:
        self.settings["bucket"] = "no-such-bucket"

    def cut(self) -> None:
        self.means = replace(self.means, objects=_CutObjects(self.means.objects))

    def mend(self) -> None:
        self.settings["bucket"] = self._bucket
        if isinstance(self.means.objects, _CutObjects):
            self.means = replace(self.means, objects=self.means.objects.whole)


class WebhookRig(Rig):
    def __init__(self, means: Means, receiver: Receiver) -> None:
        super().__init__(means)
        self._receiver = receiver
        self.settings = {
            "kind": "webhook",
            "url": receiver.url,
            "secret": "env:WEBHOOK_SECRET",
            "inline_limit_bytes": 32 * 1024 * 1024,
        }

    def held(self) -> Held:
        return dict(self._receiver.held)

    def refuse(self, message: Message) -> None:
        self._receiver.script = ["422"]

    def fail(self) -> None:
        self._receiver.script = ["503"]

    def cut(self) -> None:
        self._receiver.script = ["cut"]

    def mend(self) -> None:
        self._receiver.script = []


class _CutObjects(S3ObjectStore):
    """Our own store, whose answers break off after the first piece."""

    def __init__(self, whole: Any) -> None:
        self.whole = whole

    def read(self, key: str) -> Iterator[bytes]:
        yield next(iter(self.whole.read(key)))
        raise Unavailable("object store: cut")


def store_settings(server: EmbeddedS3, bucket: str) -> ObjectStoreSettings:
    return ObjectStoreSettings(
        s3_endpoint_url=server.endpoint_url,
        s3_bucket=bucket,
        aws_access_key_id=server.credentials.access_key,
        aws_secret_access_key=server.credentials.secret_key,
    )


def _name(message: Message) -> str:
    name: str = json.loads(message.body)["name"]
    return name


def _visible(path: Path) -> bool:
    return not path.name.startswith(".")


@pytest.fixture
def means(objects: S3ObjectStore, object_store_server: EmbeddedS3, root: Path) -> Means:
    def store(settings: S3) -> S3ObjectStore:
        return S3ObjectStore(store_settings(object_store_server, settings.bucket))

    return Means(objects, store, {"env:WEBHOOK_SECRET": SECRET}.__getitem__, root)


@pytest.fixture(params=sorted(KINDS))
def rig(request: pytest.FixtureRequest, means: Means, bucket: str) -> Rig:
    server: EmbeddedS3 = request.getfixturevalue("object_store_server")
    if request.param == "folder":
        return FolderRig(means)
    if request.param == "s3":
        return S3Rig(means, server, bucket)
    return WebhookRig(means, request.getfixturevalue("receiver"))


@pytest.fixture
def contents(objects: S3ObjectStore) -> Contents:
    files = {"Lageplan.pdf": PDF, "groß.bin": LARGE, "leer": b""}
    case = a_case(sequence_number=100_017, tenant=TENANT, authority=TRADE_OFFICE)
    attachments = []
    for position, (name, data) in enumerate(files.items(), start=1):
        key = f"uploads/{case.id}/{position}"
        writer = objects.writer(key)
        writer.write(data)
        writer.close()
        attachments.append(
            Attachment(
                position=position,
                kind=AttachmentKind.ATTACHMENT,
                name=name,
                size=len(data),
                sha256=sha256(data).hexdigest(),
                object_key=key,
            )
        )
    submission = Submission(
        sender=FORMSERVER, transaction_id=case.transaction_id, form_id="F", fields=FIELDS
    )
    return Contents(
        message_id=MessageId(uuid4()),
        occasion_at=case.received_at,
        case=case,
        submission=submission,
        original=ORIGINAL,
        original_media_type="application/json",
        attachments=attachments,
    )


def a_message(rig: Rig, contents: Contents, seconds: float = 60) -> Message:
    return Message(contents.message_id, rig.open().build(contents), Deadline(seconds))


def again(message: Message, seconds: float = 60) -> Message:
    return replace(message, deadline=Deadline(seconds))


def test_it_accepts_and_holds_the_message_once(rig: Rig, contents: Contents) -> None:
    receipt = rig.open().send(a_message(rig, contents))

    assert isinstance(receipt, Receipt)
    assert len(rig.held()) == 1


def test_the_same_contents_give_the_same_bytes(rig: Rig, contents: Contents) -> None:
    assert rig.open().build(contents) == rig.open().build(contents)


def test_a_repeat_changes_nothing_and_gets_the_same_receipt(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    first = rig.open().send(message)
    held = rig.held()

    second = rig.open().send(again(message))

    assert first == second
    assert rig.held() == held


def test_a_refusal_is_final(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.refuse(message)
    held = rig.held()

    with pytest.raises(Refused):
        rig.open().send(message)

    assert rig.held() == held


def test_a_failure_passes(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.fail()

    with pytest.raises(Unavailable):
        rig.open().send(message)

    rig.mend()
    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_a_connection_that_is_cut_leaves_nothing_half_done(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.cut()

    with pytest.raises(Unavailable):
        rig.open().send(message)

    assert rig.held() == {}
    rig.mend()
    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_when_time_is_up_it_stops(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents, seconds=0)

    with pytest.raises(NotDelivered, match="timeout"):
        rig.open().send(message)

    assert rig.held() == {}


def test_two_at_once_leave_one(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    errors: list[Exception] = []

    def send() -> None:
        try:
            rig.open().send(again(message))
        except Unavailable as exc:  # the loser may fail: it is tried again
            errors.append(exc)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_a_damaged_file_is_never_passed_on(
    rig: Rig, contents: Contents, objects: S3ObjectStore, bucket: str
) -> None:
    damaged = contents.attachments[1].object_key
    kept = b"".join(objects.read(damaged))
    objects.client.put_object(Bucket=bucket, Key=damaged, Body=kept[:-1] + b"?")

    with pytest.raises(Damaged):
        rig.open().send(a_message(rig, contents))

    assert rig.held() == {}


def test_a_large_file_arrives_whole(rig: Rig, contents: Contents) -> None:
    rig.open().send(a_message(rig, contents))

    (delivery,) = rig.held().values()
    if isinstance(delivery, bytes):
        sent = json.loads(delivery)["data"]["files"]
        assert [file["sha256"] for file in sent[1:]] == [a.sha256 for a in contents.attachments]
    else:
        assert delivery["files/2_groß.bin"] == LARGE
        assert delivery["files/3_leer"] == b""


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


@pytest.mark.parametrize("after", [1, 2, 3, 5, 8])
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
    left_over = parent / f".{_name(message)}.0123abcd"
    left_over.mkdir(parents=True)
    (left_over / "original").write_bytes(b"half")

    rig.open().send(message)

    assert [path.name for path in parent.iterdir()] == [_name(message)]
