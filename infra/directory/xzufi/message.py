"""What a transfer message writes and deletes, in its order."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import IO, TypeAlias

from infra.directory.counting import counted
from infra.directory.entries import Deleted, Entry, EntryKind, Report
from infra.directory.xzufi.elements import (
    Element,
    NotMeant,
    Reading,
    Skipped,
    first_identifier,
    identifiers,
    local_name,
    parts,
)
from infra.directory.xzufi.responsibilities import RESPONSIBLE_ROLES, read_transfer
from infra.directory.xzufi.services import read_online_service, read_service
from infra.directory.xzufi.stream import children_of_root
from infra.directory.xzufi.units import read_unit

_Reader: TypeAlias = Callable[[Element, Reading], list[Entry]]
_READERS: dict[str, tuple[EntryKind, _Reader]] = {
    "leistung": (EntryKind.SERVICE, read_service),
    "spezialisierung": (EntryKind.SERVICE, read_service),
    "organisationseinheit": (EntryKind.UNIT, read_unit),
    "onlinedienst": (EntryKind.ONLINE_SERVICE, read_online_service),
    "zustaendigkeitTransferObjekt": (EntryKind.RESPONSIBILITY, read_transfer),
}
_DELETED = {
    "leistung": EntryKind.SERVICE,
    "spezialisierung": EntryKind.SERVICE,
    "leistungspezialisierung": EntryKind.SERVICE,
    "leistungsspezialisierung": EntryKind.SERVICE,
    "organisationseinheit": EntryKind.UNIT,
    "onlinedienst": EntryKind.ONLINE_SERVICE,
}
_NO_ENTRIES = {"nachrichtenkopf", "transaktionID", "transaktionPosition"}


def read_xzufi(
    stream: IO[bytes], report: Report, *, responsible_roles: AbstractSet[str] = RESPONSIBLE_ROLES
) -> Iterator[Entry]:
    """In the order of the document, in which the later word counts. Raise DirectoryFileError.

    The error may come after entries: whoever stores them must be able to take them all back.
    """
    reading = Reading(report, responsible_roles)
    yield from counted(_entries(stream, reading), report)


def _entries(stream: IO[bytes], reading: Reading) -> Iterator[Entry]:
    for element in children_of_root(stream):
        reading.entry = element
        reading.number += 1
        yield from _entries_of(element, reading)


def _entries_of(element: Element, reading: Reading) -> Iterable[Entry]:
    name = local_name(element)
    if name == "schreibe":
        return _written(element, reading)
    if name == "loesche":
        return _deleted(element, reading)
    if name not in _NO_ENTRIES:
        reading.skip("it is neither schreibe nor loesche", name)
    return ()


def _written(element: Element, reading: Reading) -> list[Entry]:
    found: list[Entry] = []
    for content in element:
        name = local_name(content)
        if name not in _READERS:
            reading.skip("schreibe holds something else than an entry", name)
            continue
        for part in _parts_of(content):
            found += _read(part, *_READERS[name], reading)
    return found


def _parts_of(content: Element) -> list[Element]:
    """A transfer object holds one responsibility, or several."""
    if local_name(content) != "zustaendigkeitTransferObjekt":
        return [content]
    return parts(content).get("zustaendigkeit", [content])


def _read(part: Element, kind: EntryKind, read: _Reader, reading: Reading) -> list[Entry]:
    named = first_identifier(parts(part).get("id", ()))
    try:
        return read(part, reading)
    except NotMeant as exc:
        reading.skip(str(exc), named)
        return []
    except Skipped as exc:
        reading.skip(str(exc), named)
        if kind is EntryKind.UNIT:
            for _ in parts(part).get("zustaendigkeit", ()):
                reading.skip("it is a responsibility of a unit that is skipped", named)
        # What was known of it is not what the feed says now.
        return [] if named is None else [Deleted(kind, named)]


def _deleted(element: Element, reading: Reading) -> list[Entry]:
    """The ids are children; where there are none, it is the element's own text."""
    named = identifiers(parts(element).get("id", ())) or identifiers([element])
    kind = _kind(element.get("klasse", ""))
    if kind is None:
        reading.skip("loesche is of no klasse that is known", ", ".join(named))
    elif not named:
        reading.skip("it has no id", None)
    else:
        return [Deleted(kind, each) for each in named]
    return []


def _kind(stated: str) -> EntryKind | None:
    """Zustaendigkeit comes with what it belongs to, or as its transfer object."""
    name = stated.rpartition(":")[2].strip().lower().replace("ä", "ae")
    if name.startswith("zustaendigkeit"):
        return EntryKind.RESPONSIBILITY
    return _DELETED.get(name)
