"""The container: a flat ZIP with the message and its primary documents, streamed into our store.

Nothing is compressed, and every entry says its size before its bytes: simple readers need that.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from functions.forward.destination import Contents, verified
from functions.forward.formats.xdomea.documents import Document
from functions.forward.manifest import File
from shared.domain.errors import AlreadyStored
from shared.ports import ObjectStore

_MODE = 0o100644
_OLDEST = datetime(1980, 1, 1)  # noqa: DTZ001 - a ZIP's times are of no zone
_LARGE = 4_000_000_000
"""From here on it takes the larger kind of ZIP, which some readers do not know."""


@dataclass(frozen=True, slots=True)
class Stored:
    key: str
    size: int
    sha256: str


def store_container(
    contents: Contents,
    message_name: str,
    message: bytes,
    documents: Sequence[Document],
    objects: ObjectStore,
) -> Stored:
    """Written once: what an attempt that was cut off has written counts. Raise Damaged."""
    key = f"containers/{contents.message_id}.zip"
    writer = objects.writer(key, "application/zip")
    try:
        for piece in _zip(message_name, message, documents, objects):
            writer.write(piece)
        writer.close()
    except AlreadyStored:
        writer.abort()
        return _stored(key, objects)
    except BaseException:
        writer.abort()
        raise
    return Stored(key, writer.size, writer.sha256)


def _stored(key: str, objects: ObjectStore) -> Stored:
    digest, size = sha256(), 0
    for piece in objects.read(key):
        digest.update(piece)
        size += len(piece)
    return Stored(key, size, digest.hexdigest())


def _zip(
    message_name: str, message: bytes, documents: Sequence[Document], objects: ObjectStore
) -> Iterable[bytes]:
    from stream_zip import NO_COMPRESSION_32, NO_COMPRESSION_64, Method, stream_zip

    sent = [each for each in documents if each.file_name is not None]
    whole = len(message) + sum(each.file.size for each in sent)
    kind = NO_COMPRESSION_64 if whole > _LARGE else NO_COMPRESSION_32

    def entries() -> Iterator[tuple[str, datetime, int, Method, Iterable[bytes]]]:
        method = kind(len(message), zlib.crc32(message))
        yield message_name, _OLDEST, _MODE, method, (message,)
        for each in sent:
            # Once for its checksum, which goes before it, and to see that it is undamaged.
            checksum = 0
            for piece in _pieces(each.file, objects):
                checksum = zlib.crc32(piece, checksum)
            method = kind(each.file.size, checksum)
            name = each.file_name or ""
            yield name, _OLDEST, _MODE, method, _pieces(each.file, objects)

    streamed: Iterable[bytes] = stream_zip(entries(), extended_timestamps=False)
    return streamed


def _pieces(file: File, objects: ObjectStore) -> Iterator[bytes]:
    if file.data is not None:
        yield file.data
    else:
        yield from verified(objects, file.object_key or "", file.size, file.sha256)
