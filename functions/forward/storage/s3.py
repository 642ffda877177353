"""A bucket: an object appears whole, under its final name, and is never overwritten."""

from collections.abc import Iterable, Iterator

from functions.forward.destination import Refused
from functions.forward.storage import Sessionless
from shared.domain.errors import AlreadyStored
from shared.ports import ObjectStore


class S3Storage(Sessionless):
    moves = False

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def size(self, path: str) -> int | None:
        return self._store.size(self._key(path))

    def read(self, path: str) -> Iterator[bytes]:
        return self._store.read(self._key(path))

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        writer = self._store.writer(self._key(path), media_type)
        try:
            for piece in pieces:
                writer.write(piece)
            writer.close()
        except AlreadyStored:
            # An earlier attempt wrote it, or somebody else: whoever asked looks what it is.
            writer.abort()
        except BaseException:
            writer.abort()
            raise

    def move(self, source: str, target: str) -> bool:
        raise Refused("cannot_move")

    def remove(self, path: str) -> None:
        key = self._key(path)
        self._store.delete([key, *self._store.keys(f"{key}/")])

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}"
