"""Where files are put: what every kind of file store can do."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self


class Storage(Protocol):
    """One session with a file store. Paths are relative to where the destination begins; `/` parts
    them, and every segment is safe. Whatever fails is NotDelivered, with a code for people."""

    moves: bool
    """Whether things can get their name at the end. Without, an object is written under it, once:
    whole or not at all."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def size(self, path: str) -> int | None:
        """Of a file, in bytes. None if there is none."""
        ...

    def read(self, path: str) -> Iterator[bytes]: ...

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        """With the folders above it. What was there is replaced, where `moves`."""
        ...

    def move(self, source: str, target: str) -> bool:
        """A file or a folder, with the folders above its target. Nothing is ever replaced: False
        if the target is there."""
        ...

    def remove(self, path: str) -> None:
        """A file, or a folder with all that is in it. If there is none, that is no error."""
        ...


class Sessionless:
    """For a store that there is nothing to open of, nor to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None
