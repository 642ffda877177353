"""Whom an import tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    def read(self, file: str, entries: int, share: float) -> None:
        """`entries` are those of all files so far, `share` is how much of this file was read."""
        ...

    def phase(self, what: str) -> None: ...


class Silent:
    def read(self, file: str, entries: int, share: float) -> None: ...

    def phase(self, what: str) -> None: ...
