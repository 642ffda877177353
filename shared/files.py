"""Reading a file from the object store: all of it as it was received, or an error."""

from collections.abc import Iterator
from hashlib import sha256

from shared.domain.errors import DamagedFile, UnknownObject
from shared.ports import ObjectStore


def verified(objects: ObjectStore, key: str, size: int, digest: str) -> Iterator[bytes]:
    """In pieces; raise DamagedFile at its end if it is not the one that was received."""
    seen, computed = 0, sha256()
    try:
        for piece in objects.read(key):
            seen += len(piece)
            computed.update(piece)
            yield piece
    except UnknownObject:
        raise DamagedFile("file_missing") from None
    if seen != size or computed.hexdigest() != digest:
        raise DamagedFile("file_differs")
