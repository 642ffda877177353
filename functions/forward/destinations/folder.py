"""A folder: all under a temporary name, synced, then renamed, so that all or nothing shows."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from functions.forward.destination import (
    Checked,
    Contents,
    Deadline,
    Handed,
    Message,
    NotDelivered,
    Refused,
)
from functions.forward.formats import FORMATS
from functions.forward.means import Means
from functions.forward.packing import PackingList, Part, pack, unpack
from shared.domain.configuration.destination_kinds import Folder
from shared.domain.forwarding import Receipt


class FolderDestination:
    def __init__(self, settings: Folder, means: Means) -> None:
        self._settings = settings
        self._means = means

    def build(self, contents: Contents) -> bytes:
        chosen = self._settings.contents
        return pack(contents, FORMATS[chosen.format](contents, chosen, self._means))

    def send(self, message: Message) -> Receipt:
        packing_list = unpack(message.body)
        with _translated():
            parent = self._parent(packing_list.folder)
            final = parent / packing_list.name
            if not _arrived(final, packing_list):
                self._write(parent, final, packing_list, message.deadline)
        return Receipt(details={"folder": f"{packing_list.folder}/{packing_list.name}"})

    def ask(self, message: Message, sent: Receipt) -> Handed:
        return sent

    def withdraw(self, message: Message) -> None:
        return None

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        yield from ()

    def _parent(self, folder: str) -> Path:
        root = self._means.destinations_root
        if root is None or not root.is_dir():
            # Not mounted: what is written elsewhere would go with the container.
            raise NotDelivered("root_missing")
        parent = root / self._settings.path / folder
        for missing in reversed([p for p in (parent, *parent.parents) if not p.exists()]):
            missing.mkdir(exist_ok=True)
            _sync(missing.parent)
        return parent

    def _write(
        self, parent: Path, final: Path, packing_list: PackingList, deadline: Deadline
    ) -> None:
        for left_over in parent.glob(f".{final.name}.*"):
            shutil.rmtree(left_over, ignore_errors=True)
        temporary = parent / f".{final.name}.{uuid4().hex[:8]}"
        temporary.mkdir()
        try:
            for part in packing_list.parts:
                self._write_part(temporary, part, deadline)
            for folder in {temporary / Path(part.path).parent for part in packing_list.parts}:
                _sync(folder)
            _rename(temporary, final, packing_list)
        except Exception:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync(parent)

    def _write_part(self, folder: Path, part: Part, deadline: Deadline) -> None:
        path = folder / part.path
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            for piece in part.pieces(self._means.objects):
                deadline.left()
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def _arrived(final: Path, packing_list: PackingList) -> bool:
    """An earlier attempt got this far, whatever was recorded of it."""
    if not final.exists():
        return False
    try:
        there = (final / packing_list.last.path).read_bytes()
    except FileNotFoundError:
        there = b""
    if sha256(there).hexdigest() != packing_list.last.sha256:
        raise Refused("name_taken")
    _sync(final.parent)
    return True


def _rename(temporary: Path, final: Path, packing_list: PackingList) -> None:
    try:
        temporary.rename(final)
    except OSError as exc:
        if exc.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        _arrived(final, packing_list)
        shutil.rmtree(temporary, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    """Of the system's errors only the name: their texts quote paths with names of files."""
    try:
        yield
    except OSError as exc:
        raise NotDelivered(errno.errorcode.get(exc.errno or 0, "os_error")) from None
