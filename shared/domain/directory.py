"""The authority directory (Zuständigkeitsfinder): who is responsible for what, and where."""

import re
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import (
    AuthorityId,
    LeikaKey,
    RegionKey,
    TenantId,
    UnitId,
    is_leika_key,
)
from shared.domain.regions import Location

RESPONSIBLE = "responsible"
"""The one role that decides; any other (a contact point, say) is listed and loses."""

_LEVELS = {14: "detail", 11: "procedure", 8: "object", 5: "group"}
_BETWEEN_KEYS = re.compile(r"[,;]")


class Unit(BaseModel):
    """Organisationseinheit. `authority` is who it belongs to here: a tenant has declared it.

    None for a unit that takes no part in this installation. `id` is what `composite_id` makes.
    """

    model_config = ConfigDict(frozen=True)

    id: UnitId
    name: str
    authority: AuthorityId | None = None
    tenant: TenantId | None = None

    @property
    def bearer(self) -> str:
        """Who would be responsible: units of one authority are one."""
        return self.authority or self.id


class Responsibility(BaseModel):
    """One unit is responsible for one service in one region, from day to day inclusive.

    Valid while the service and the unit are, too.
    """

    model_config = ConfigDict(frozen=True)

    leika_key: LeikaKey
    region: RegionKey
    unit: Unit
    role: str = RESPONSIBLE
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class DirectoryExtract(BaseModel):
    """All that one version of the directory says about an application, in no particular order."""

    model_config = ConfigDict(frozen=True)

    version: int
    name: str
    location: Location = Location()
    named: tuple[Unit, ...] = ()  # what the sender's unit stands for
    responsibilities: tuple[Responsibility, ...] = ()
    services: dict[LeikaKey, str] = {}  # the services asked for that it knows, with their names


def single_keys(stated: Iterable[str]) -> tuple[LeikaKey, ...]:
    """Some senders write several keys into one, or a key in groups of digits: each once.

    What is no key stays as it is stated, in one piece.
    """
    found: dict[LeikaKey, None] = {}
    for text in stated:
        for part in filter(None, map(str.strip, _BETWEEN_KEYS.split(text))):
            words = part.split()
            joined = "".join(words)
            if is_leika_key(joined):
                words = [joined]
            elif not all(map(is_leika_key, words)):
                words = [part]
            found.update(dict.fromkeys(map(LeikaKey, words)))
    return tuple(found)


def broader_keys(key: LeikaKey) -> list[LeikaKey]:
    """The key itself, then its procedure, object and group: the narrowest first.

    Nothing for what is no key: cut or filled to its length it would be a guess.
    """
    if not is_leika_key(key):
        return []
    keys = (LeikaKey(key[:digits].ljust(14, "0")) for digits in _LEVELS)
    return list(dict.fromkeys(keys))


def service_digits(key: LeikaKey) -> int:
    """How narrow a service is: 14 digits for a detail, 5 for a group."""
    return next(digits for digits in (5, 8, 11, 14) if set(key[digits:]) <= {"0"})


def service_level(key: LeikaKey) -> str:
    """In words: detail, procedure, object or group."""
    return _LEVELS[service_digits(key)]
