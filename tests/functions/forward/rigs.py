"""One kind of destination each, and the other side of it, made to misbehave."""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from functions.forward.destination import Contents, Deadline, DestinationKind, Message
from functions.forward.destinations import open_destination
from functions.forward.means import Means
from infra.local.s3 import EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.domain.configuration.destinations import Destination
from shared.domain.errors import Unavailable
from shared.domain.forwarding import MessageId
from shared.domain.submission import Attachment, AttachmentKind, Submission
from tests.factories import FORMSERVER, TENANT, TRADE_OFFICE, a_case
from tests.functions.forward.office import FIELDS, ORIGINAL, tree
from tests.functions.forward.receiver import Receiver
from tests.functions.forward.served import PASSWORD, USER, Served

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

    def everything(self) -> list[str]:
        """Every file at the other side, hidden ones too; for file stores."""
        return []

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

    def everything(self) -> list[str]:
        return sorted(tree(self._root()))

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

    def everything(self) -> list[str]:
        return sorted(self._store.keys("ziel/hier/"))

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


class ServedRig(Rig):
    """A server over a folder, and in it a folder for each test."""

    failing: dict[str, Any]

    def __init__(self, means: Means, server: Served) -> None:
        super().__init__(with_secrets(means, {"env:PASSWORD": PASSWORD}))
        self.server = server
        self.name = f"ablage-{uuid4().hex[:8]}"
        self.root = server.root / self.name
        self.root.mkdir()

    def held(self) -> Held:
        found = self.root.glob("*/*")
        return {str(f.relative_to(self.root)): tree(f) for f in found if _visible(f)}

    def everything(self) -> list[str]:
        return sorted(tree(self.root))

    def refuse(self, message: Message) -> None:
        taken = self.root / TRADE_OFFICE / _name(message)
        taken.mkdir(parents=True)
        (taken / "manifest.json").write_text("{}")

    def fail(self) -> None:
        self.server.misbehave(**self.failing)

    def stall(self) -> None:
        self.server.misbehave(stalls=True)

    def cut(self) -> None:
        self.means = replace(self.means, objects=_CutObjects(self.means.objects))

    def mend(self) -> None:
        self.server.behave()
        if isinstance(self.means.objects, _CutObjects):
            self.means = replace(self.means, objects=self.means.objects.whole)


class WebDavRig(ServedRig):
    failing = {"status": "503 Service Unavailable"}  # noqa: RUF012 - read only

    def __init__(self, means: Means, server: Served) -> None:
        super().__init__(means, server)
        self.settings = {
            "kind": "webdav",
            "url": f"http://127.0.0.1:{server.port}/dav/{self.name}",
            "user": USER,
            "password": "env:PASSWORD",
        }


class SftpRig(ServedRig):
    failing = {"broken": True}  # noqa: RUF012 - read only

    def __init__(self, means: Means, server: Served) -> None:
        super().__init__(means, server)
        self.settings = {
            "kind": "sftp",
            "host": "127.0.0.1",
            "port": server.port,
            "user": USER,
            "password": "env:PASSWORD",
            "host_key": server.told["host_key"],
            "path": self.name,
        }


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


def with_secrets(means: Means, more: dict[str, str]) -> Means:
    def secret(reference: str) -> str:
        return more[reference] if reference in more else means.secret(reference)

    return replace(means, secret=secret)


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


def a_message(rig: Rig, contents: Contents, seconds: float = 60) -> Message:
    return Message(contents.message_id, rig.open().build(contents), Deadline(seconds))


def again(message: Message, seconds: float = 60) -> Message:
    return replace(message, deadline=Deadline(seconds))


def contents_with(objects: S3ObjectStore, files: dict[str, bytes]) -> Contents:
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
