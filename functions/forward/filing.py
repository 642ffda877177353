"""How a delivery gets into a file store: part by part, each verified, and its name at the end.

While it is on the way it lies beside its final place, under a name that begins with a dot and is
the same on every attempt. Where nothing can be renamed, parts get their names at once, and with the
last one all is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from functions.forward.destination import Deadline, Message, NotDelivered, Refused
from functions.forward.packing import PackingList, Part
from functions.forward.storage import Storage
from shared.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Places:
    """`final` is a folder, or the file itself if it is a single one."""

    folder: str
    name: str
    single: bool

    @property
    def final(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def staging(self) -> str:
        return f"{self.folder}/.{self.name}.part"

    @property
    def incoming(self) -> str:
        """The one part that is being written."""
        return f"{self.folder}/.{self.name}.new"

    def of(self, part: Part, base: str) -> str:
        return base if self.single else f"{base}/{part.path}"


def places_of(packing_list: PackingList) -> Places:
    return Places(packing_list.folder, packing_list.name, packing_list.single)


def file_delivery(
    packing_list: PackingList, message: Message, storage: Storage, objects: ObjectStore
) -> str:
    """Where it lies. Raise Refused if something else lies there, Superseded if the journal does."""
    places = places_of(packing_list)
    if _arrived(packing_list, places, storage):
        return places.final
    base = places.staging if storage.moves else places.final
    for number, part in enumerate(packing_list.parts, start=1):
        step, path = f"part {number}", places.of(part, base)
        if message.journal.done(step) and storage.size(path) == part.size:
            continue
        if not holds(storage, path, part):
            _put(part, path, places, storage, objects, message.deadline)
        if storage.moves or part is not packing_list.last:
            message.journal.note(step)  # the last thing before the next is sent, or named
    if storage.moves:
        _publish(packing_list, places, storage)
    return places.final


def take_away(packing_list: PackingList, storage: Storage) -> None:
    """What an unfinished hand-over has left; never what has arrived."""
    places = places_of(packing_list)
    if storage.moves:
        storage.remove(places.incoming)
        storage.remove(places.staging)
    elif not _arrived(packing_list, places, storage):
        # Only what is ours: something else may lie under that name.
        for part in packing_list.parts:
            path = places.of(part, places.final)
            if holds(storage, path, part):
                storage.remove(path)


def holds(storage: Storage, path: str, part: Part) -> bool:
    """Whether this very content lies there."""
    if storage.size(path) != part.size:
        return False
    digest = sha256()
    for piece in storage.read(path):
        digest.update(piece)
    return digest.hexdigest() == part.sha256


def _arrived(packing_list: PackingList, places: Places, storage: Storage) -> bool:
    """An earlier attempt got this far, whatever was recorded of it."""
    last = packing_list.last
    return holds(storage, places.of(last, places.final), last)


def _put(
    part: Part,
    path: str,
    places: Places,
    storage: Storage,
    objects: ObjectStore,
    deadline: Deadline,
) -> None:
    pieces = _in_time(part.pieces(objects), deadline)
    if not storage.moves:
        storage.write(path, pieces, part.size, part.media_type)
        if not holds(storage, path, part):
            raise Refused("name_taken")
        return
    if not holds(storage, places.incoming, part):
        storage.write(places.incoming, pieces, part.size, part.media_type)
        if not holds(storage, places.incoming, part):
            raise NotDelivered("written_otherwise")
    storage.remove(path)
    if not storage.move(places.incoming, path):
        raise NotDelivered("moved_by_another")


def _publish(packing_list: PackingList, places: Places, storage: Storage) -> None:
    storage.remove(places.incoming)  # if an attempt was cut off while it moved it
    for part in packing_list.parts:
        # Another handler may have got this far, and taken it from under us.
        if storage.size(places.of(part, places.staging)) != part.size:
            if _arrived(packing_list, places, storage):
                return
            raise NotDelivered("moved_by_another")
    if not storage.move(places.staging, places.final):
        if not _arrived(packing_list, places, storage):
            raise Refused("name_taken")
        storage.remove(places.staging)


def _in_time(pieces: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    for piece in pieces:
        deadline.left()
        yield piece
