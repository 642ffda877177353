"""What a folder declares: entries by their place, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shared.domain.configuration.base import Entry


class Key(NamedTuple):
    """Where an entry belongs; `tenant` is empty for tenants and what is the operator's."""

    kind: str
    tenant: str
    id: str

    def __str__(self) -> str:
        owner = f"{self.tenant} " if self.tenant else ""
        return f"{owner}{self.kind} {self.id}"


class Problem(NamedTuple):
    """One thing to mend. The text names places, never values: one may be a secret by mistake."""

    file: Path
    entry: str
    field: str
    text: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.entry, self.field) if part)
        return f"{self.file}: {place}: {self.text}" if place else f"{self.file}: {self.text}"


@dataclass(frozen=True)
class Configuration:
    """`files` tells where each entry was declared: also those that are not valid."""

    entries: dict[Key, Entry] = field(default_factory=dict)
    files: dict[Key, Path] = field(default_factory=dict)

    def of_kind(self, kind: str) -> Iterator[tuple[Key, Entry]]:
        return ((key, entry) for key, entry in self.entries.items() if key.kind == kind)


class NotValid(Exception):
    """All problems at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems
