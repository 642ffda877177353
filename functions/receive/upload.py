"""One attempt to deliver files: a row first, then objects that are written once."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import structlog

from functions.receive.delivery import FileWriter
from functions.receive.media_types import HEAD, contradict, detect
from functions.receive.ports import Transactions
from shared.domain.errors import LotseError
from shared.domain.identifiers import SenderId, UploadId
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Attachment, AttachmentKind, PartDigest
from shared.ports import ObjectStore, ObjectWriter

_logger = structlog.get_logger()


class Upload:
    """The port `Files`. Without a file it costs nothing: no row, no call of the object store.

    `sender` is asked with the first file: nothing is stored for nobody.
    """

    def __init__(
        self,
        sender: Callable[[], SenderId],
        store: ObjectStore,
        transactions: Transactions,
        first_verdict: MalwareVerdict,
    ) -> None:
        self._sender = sender
        self._store = store
        self._transactions = transactions
        self._first_verdict = first_verdict
        self._opened = 0
        self._in_doubt = False
        self.id: UploadId | None = None
        self._files: list[_File] = []

    @property
    def attachments(self) -> list[Attachment]:
        """The complete files, in the order in which they came."""
        return [file.attachment for file in self._files]

    def open(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
        sent: PartDigest | None = None,
    ) -> FileWriter:
        if self.id is None:
            upload_id, sender = UploadId(uuid4()), self._sender()
            with self._transactions() as stores:
                stores.uploads.open(upload_id, sender)
            self.id = upload_id
        self._opened += 1
        key = f"uploads/{self.id}/{self._opened}"
        draft = Attachment(
            position=self._opened,
            kind=kind,
            name=name,
            original_name=original_name,
            media_type=media_type,
            size=0,
            sha256="",
            sent_size=sent and sent.size,
            sent_sha256=sent and sent.sha256,
            object_key=key,
            malware_verdict=self._first_verdict,
            flags=flags,
        )
        # Nobody's declared type reaches the store: it might serve HTML as such.
        return _File(draft, self._store.writer(key), self._close)

    def _close(self, file: "_File", writer: ObjectWriter) -> None:
        self._in_doubt = True
        writer.close()
        self._in_doubt = False
        self._files.append(file)

    def discard(self) -> None:
        """Leave nothing behind, as far as possible now; the sweep in `recover` does the rest."""
        if self.id is None:
            return
        try:
            with self._transactions() as stores:
                unused = stores.uploads.expire(self.id)
            if unused:
                self._store.delete(self._keys())
            # A PUT without an answer may still land: then the sweep has to look once more.
            if unused and not self._in_doubt:
                with self._transactions() as stores:
                    stores.uploads.remove(self.id)
        except LotseError as exc:
            _logger.warning("upload_left_to_sweep", upload_id=str(self.id), reason=str(exc))

    def _keys(self) -> list[str]:
        return [f"uploads/{self.id}/{number}" for number in range(1, self._opened + 1)]


class _File:
    """Becomes an attachment of the upload when it is complete."""

    def __init__(
        self,
        draft: Attachment,
        writer: ObjectWriter,
        close: Callable[["_File", ObjectWriter], None],
    ) -> None:
        self._draft = draft
        self._writer = writer
        self._close = close
        self._head = bytearray()
        self._detected: str | None = None

    def write(self, data: bytes) -> None:
        if (missing := HEAD - len(self._head)) > 0:
            self._head += data[:missing]
        self._writer.write(data)

    def close(self) -> None:
        self._detected = detect(bytes(self._head))
        self._head.clear()
        self._close(self, self._writer)

    def abort(self) -> None:
        self._writer.abort()

    def describe(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
    ) -> None:
        described = {
            "kind": kind,
            "name": name,
            "original_name": original_name,
            "media_type": media_type,
            "flags": flags,
        }
        self._draft = self._draft.model_copy(update=described)

    @property
    def attachment(self) -> Attachment:
        """As it is described by now."""
        draft, size = self._draft, self._writer.size
        stored = {
            "size": size,
            "sha256": self._writer.sha256,
            "detected_media_type": self._detected,
            "flags": (*draft.flags, *_noticed(size, draft.media_type, self._detected)),
        }
        return draft.model_copy(update=stored)


def _noticed(size: int, declared: str | None, detected: str | None) -> Iterator[str]:
    if not size:
        yield "file-empty"
    if contradict(declared, detected):
        yield "media-type-differs"
