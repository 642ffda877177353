"""A folder of this machine, or one that is mounted: synced to the disk before it counts."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from functions.forward.destination import NotDelivered
from functions.forward.storage import Sessionless

_PIECE = 256 * 1024
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class FolderStorage(Sessionless):
    moves = True

    def __init__(self, mounted: Path | None, path: str) -> None:
        self._mounted = mounted
        self._path = path

    def __enter__(self) -> Self:
        if self._mounted is None or not self._mounted.is_dir():
            # Not mounted: what is written elsewhere would go with the container.
            raise NotDelivered("root_missing")
        self._root = self._mounted / self._path
        return self

    def size(self, path: str) -> int | None:
        with _translated():
            try:
                file = self._at(path).stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return file.st_size

    def read(self, path: str) -> Iterator[bytes]:
        with _translated(), self._at(path).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        with _translated():
            file_path = self._at(path)
            self._make(file_path.parent)
            # A new one in any case: the old one may have another name, too, since it was moved.
            file_path.unlink(missing_ok=True)
            with file_path.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())

    def move(self, source: str, target: str) -> bool:
        with _translated():
            here, there = self._at(source), self._at(target)
            self._make(there.parent)
            if here.is_dir():
                try:
                    here.rename(there)  # a folder with something in it is never replaced
                except OSError as exc:
                    if exc.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                        return False
                    raise
                _sync(there)
            else:
                if not _move_file(here, there):
                    return False
            _sync(there.parent)
            return True

    def remove(self, path: str) -> None:
        with _translated(), suppress(FileNotFoundError, NotADirectoryError):
            here = self._at(path)
            if here.is_dir() and not here.is_symlink():
                shutil.rmtree(here)
            else:
                here.unlink()

    def _at(self, path: str) -> Path:
        return self._root / path

    def _make(self, folder: Path) -> None:
        for missing in reversed([p for p in (folder, *folder.parents) if not p.exists()]):
            missing.mkdir(exist_ok=True)
            _sync(missing.parent)


def _move_file(here: Path, there: Path) -> bool:
    try:
        os.link(here, there)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno not in _NO_LINKS:
            raise
        # On such a file system nobody can be kept from taking the name in between.
        if there.exists():
            return False
        here.rename(there)
        return True
    here.unlink()
    return True


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
