"""A bucket: objects are written once each, and the manifest last: with it, all is there."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256

from functions.forward.destination import Checked, Contents, Deadline, Handed, Message, Refused
from functions.forward.formats import FORMATS
from functions.forward.means import Means
from functions.forward.packing import Part, pack, unpack
from shared.domain.configuration.destination_kinds import S3
from shared.domain.errors import AlreadyStored, UnknownObject
from shared.domain.forwarding import Receipt
from shared.ports import ObjectStore


class S3Destination:
    def __init__(self, settings: S3, means: Means) -> None:
        self._settings = settings
        self._means = means

    def build(self, contents: Contents) -> bytes:
        chosen = self._settings.contents
        return pack(contents, FORMATS[chosen.format](contents, chosen, self._means))

    def send(self, message: Message) -> Receipt:
        packing_list = unpack(message.body)
        store = self._means.store(self._settings)
        prefix = f"{self._settings.prefix}/{packing_list.folder}/{packing_list.name}"
        if not _holds(store, f"{prefix}/{packing_list.last.path}", packing_list.last):
            for part in packing_list.parts:
                self._write(store, f"{prefix}/{part.path}", part, message.deadline)
        return Receipt(details={"bucket": self._settings.bucket, "prefix": prefix})

    def ask(self, message: Message, sent: Receipt) -> Handed:
        return sent

    def withdraw(self, message: Message) -> None:
        return None

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        yield from ()

    def _write(self, store: ObjectStore, key: str, part: Part, deadline: Deadline) -> None:
        writer = store.writer(key, part.media_type)
        try:
            for piece in part.pieces(self._means.objects):
                deadline.left()
                writer.write(piece)
            writer.close()
        except AlreadyStored:
            writer.abort()
            # An earlier attempt wrote it, in one piece or in several.
            if not _holds(store, key, part):
                raise Refused("name_taken") from None
        except BaseException:
            writer.abort()
            raise


def _holds(store: ObjectStore, key: str, part: Part) -> bool:
    """Whether this very content lies under the key."""
    digest = sha256()
    with suppress(UnknownObject):
        for piece in store.read(key):
            digest.update(piece)
        return digest.hexdigest() == part.sha256
    return False
