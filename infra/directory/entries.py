"""What a feed or a table says, entry by entry, and what of it could not be used."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

EXAMPLES = 3
"""How many of the entries that were skipped for the same reason are named."""


class EntryKind(StrEnum):
    """Also the name of the table that holds them."""

    SERVICE = "public_services"
    UNIT = "organizational_units"
    RESPONSIBILITY = "responsibilities"
    ONLINE_SERVICE = "online_services"


class Service(NamedTuple):
    """Leistung, or a specialization of one. A key is kept as stated, also if it is malformed."""

    id: str
    name: str
    leika_keys: tuple[str, ...] = ()
    specializes: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Unit(NamedTuple):
    """Organisationseinheit. `plain_id` is the id's text alone, as senders state it."""

    id: str
    plain_id: str
    name: str
    parent: str | None = None
    kind: str | None = None
    contact: dict[str, Any] | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Responsibility(NamedTuple):
    """Zuständigkeit: `unit` is responsible for `service` in each of `regions`.

    Regions are ARS prefixes (2, 3, 5, 9 or 12 digits) or an AGS (8 digits). `container` is the
    unit's entry that it came with: when that is written anew, it says all there is. `continues`:
    one more service of the write before; otherwise it replaces what its id has said.
    """

    id: str
    service: str
    regions: tuple[str, ...]
    unit: str
    role: str
    valid_from: date | None = None
    valid_to: date | None = None
    container: str | None = None
    continues: bool = False


class OnlineService(NamedTuple):
    """Onlinedienst."""

    id: str
    name: str
    urls: tuple[str, ...] = ()
    assurance_level: str | None = None


class Deleted(NamedTuple):
    """No error if there is no such entry."""

    kind: EntryKind
    id: str


Entry: TypeAlias = Service | Unit | Responsibility | OnlineService | Deleted


def composite_id(text: str, agency: str | None, scheme: str | None) -> str:
    """One id out of the three parts of an XZuFi identifier: its text alone is not unique.

    Own notation, no public source: `text@agency/scheme`, without what is not given.
    """
    if not agency and not scheme:
        return text
    return f"{text}@{agency or ''}/{scheme}" if scheme else f"{text}@{agency}"


@dataclass
class Report:
    """What was read, and what was left out: counted by reason, with the first examples.

    An example names a place and an id, never what an entry says of a person.
    """

    read: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, reason: str, example: str) -> None:
        self.skipped[reason] += 1
        known = self.examples.setdefault(reason, [])
        if len(known) < EXAMPLES:
            known.append(example)

    def lines(self) -> list[str]:
        found = [f"read {count:,} {kind.replace('_', ' ')}" for kind, count in self.read.items()]
        for reason, count in self.skipped.most_common():
            found.append(f"skipped {count:,}: {reason} ({'; '.join(self.examples[reason])})")
        return found
