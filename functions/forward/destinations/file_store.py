"""Every file store: what a format makes of a case, filed part by part."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from urllib3.util import parse_url

from functions.forward.destination import (
    Checked,
    Contents,
    Deadline,
    Handed,
    Message,
    NotDelivered,
    Refused,
)
from functions.forward.filing import file_delivery, take_away
from functions.forward.formats import FORMATS, check_format
from functions.forward.means import Means
from functions.forward.packing import pack, unpack
from functions.forward.storage import Storage
from functions.forward.storage.folder import FolderStorage
from functions.forward.storage.s3 import S3Storage
from functions.forward.storage.sftp import Login, SftpStorage
from functions.forward.storage.webdav import WebDavStorage, basic
from functions.forward.trying import failed, tried, until_one_fails
from shared.domain.configuration.destination_kinds import S3, FileStore, Folder, Sftp, WebDav
from shared.domain.errors import Unavailable
from shared.domain.forwarding import Receipt

_TRIED = b"Antragslotse tries whether it may write here. This file may be deleted.\n"


class FileStoreDestination:
    def __init__(
        self,
        settings: FileStore,
        means: Means,
        open_storage: Callable[[Any, Means, Deadline], Storage],
    ) -> None:
        self._settings = settings
        self._means = means
        self._open_storage = open_storage

    def build(self, contents: Contents) -> bytes:
        chosen = self._settings.contents
        packed = FORMATS[chosen.format](contents, chosen, self._means)
        return pack(contents, packed, self._settings.name)

    def send(self, message: Message) -> Handed:
        with self._open(message.deadline) as storage:
            path = file_delivery(unpack(message.body), message, storage, self._means.objects)
        bucket = {"bucket": self._settings.bucket} if isinstance(self._settings, S3) else {}
        return Receipt(details={**bucket, "path": path})

    def ask(self, message: Message, sent: Receipt) -> Handed:
        return sent

    def withdraw(self, message: Message) -> None:
        with self._open(message.deadline) as storage:
            take_away(unpack(message.body), storage)

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        """In a folder of its own, which goes with the last step."""
        checked = check_format(self._settings.contents, self._means)
        if checked is not None:
            yield checked
        folder = f".lotse-{uuid4().hex[:12]}"
        try:
            with self._open(deadline) as storage:
                first = tried(
                    "connect", "it is there, and lets us in", lambda: storage.size(folder)
                )
                yield first
                if first.ok:
                    yield from until_one_fails(self._steps(folder, storage))
                    yield tried("remove", "nothing of it is left", lambda: storage.remove(folder))
        except (NotDelivered, Refused, Unavailable) as exc:
            yield failed("connect", exc)

    def _steps(self, folder: str, storage: Storage) -> Iterator[Checked]:
        new, named = f"{folder}/new", f"{folder}/named"

        def write() -> None:
            storage.write(new, [_TRIED], len(_TRIED))

        def read() -> None:
            if b"".join(storage.read(named if storage.moves else new)) != _TRIED:
                raise NotDelivered("written_otherwise")

        yield tried("write", "a file can be written into a folder of its own", write)
        if storage.moves:
            yield tried("rename", "it can be renamed", lambda: storage.move(new, named))
        yield tried("read", "it can be read back, and is what was written", read)

    def _open(self, deadline: Deadline) -> Storage:
        return self._open_storage(self._settings, self._means, deadline)


def open_folder(settings: Folder, means: Means, deadline: Deadline) -> Storage:
    del deadline  # the system gives no way to cut it short
    return FolderStorage(means.destinations_root, settings.path)


def open_s3(settings: S3, means: Means, deadline: Deadline) -> Storage:
    del deadline  # the store has timeouts of its own
    return S3Storage(means.store(settings), settings.prefix)


def open_webdav(settings: WebDav, means: Means, deadline: Deadline) -> Storage:
    authorization = None
    if settings.token is not None:
        authorization = f"Bearer {means.secret(settings.token)}"
    elif settings.user is not None and settings.password is not None:
        authorization = basic(settings.user, means.secret(settings.password))
    return WebDavStorage(parse_url(settings.url), authorization, settings.ca_file, deadline)


def open_sftp(settings: Sftp, means: Means, deadline: Deadline) -> Storage:
    def secret(reference: str | None) -> str | None:
        return means.secret(reference) if reference is not None else None

    login = Login(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        host_key=settings.host_key,
        password=secret(settings.password),
        private_key=secret(settings.private_key),
        passphrase=secret(settings.passphrase),
    )
    return SftpStorage(login, settings.path, deadline)
