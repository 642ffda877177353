"""Zuständigkeit: alone in a transfer object, or embedded in its unit."""

import re
from collections.abc import Iterable, Iterator

from infra.directory.entries import Deleted, Entry, EntryKind, Responsibility
from infra.directory.keys import region_key
from infra.directory.xzufi.elements import (
    Element,
    NotMeant,
    Parts,
    Reading,
    Skipped,
    code_of,
    entry_id,
    first_identifier,
    identifiers,
    local_name,
    parts,
    text_of,
)
from infra.directory.xzufi.validity import validity
from shared.domain.directory import RESPONSIBLE

RESPONSIBLE_ROLES = frozenset({"01", "02"})
"""Rolle: FITKO's guide to EfA parameters reads both as "at least the responsible authority"."""

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_OF_NO_UNIT = ("onlinedienst", "onlinedienste", "formular", "formulare")
# As in Staatenschlüssel, not as in Freistaat or Staatskanzlei: those may keep a scheme of regions.
_NO_REGIONS = re.compile(
    r"plz|postleitzahl"
    r"|(?<![a-zäöüß])staat((en)?(?![a-zäöüß])|(en|s)?(schl|gebiet|angeh))"
)


def read_transfer(element: Element, reading: Reading) -> list[Entry]:
    """Of one of the responsibilities in a transfer object."""
    if local_name(element) != "zustaendigkeit":
        raise Skipped("it says nothing of a responsibility")
    children = parts(element)
    above = element.getparent()
    owners = [] if above is None else parts(above).get("uebergeordnetesObjektID", [])
    _of_a_unit([element, *children.get("id", ()), *owners])
    given = entry_id(children)
    unit = first_identifier(owners)
    if unit is None:
        raise Skipped("it names no unit")
    return list(_responsibilities(children, reading, given, unit, None))


def read_embedded(
    elements: list[Element], reading: Reading, unit: str
) -> tuple[list[Entry], list[Entry]]:
    """What is gone, and those of a unit: one that cannot be used is skipped alone, and
    what was known under its id is not what the feed says now."""
    found: list[Entry] = []
    gone: list[Entry] = []
    made: dict[str, int] = {}
    for element in elements:
        children = parts(element)
        given = first_identifier(children.get("id", ()))
        try:
            _of_a_unit([element, *children.get("id", ())])
            found += _responsibilities(
                children, reading, given or _made_id(children, reading, unit, made), unit, unit
            )
        except Skipped as exc:
            reading.skip(str(exc), given or unit)
            if given is not None and not isinstance(exc, NotMeant):
                gone.append(Deleted(EntryKind.RESPONSIBILITY, given))
    return gone, found


def _responsibilities(
    children: Parts, reading: Reading, given: str, unit: str, container: str | None
) -> Iterator[Responsibility]:
    """One for each service, all under one id."""
    services = _services(children)
    regions = _regions(children, reading, given)
    begin, end = validity(children, reading, given)
    role = _role(children, reading)
    for position, service in enumerate(services):
        yield Responsibility(
            given, service, regions, unit, role, begin, end, container, continues=position > 0
        )


def _of_a_unit(elements: Iterable[Element]) -> None:
    """Online services and forms have responsibilities as well: kinds told apart by the scheme."""
    for element in elements:
        for attribute in (_TYPE, "schemeID", "schemeName"):
            kind = element.get(attribute, "").replace("-", "").strip().lower()
            if kind.endswith(_OF_NO_UNIT):
                raise NotMeant("it is the responsibility of an online service or a form")


def _services(children: Parts) -> list[str]:
    services = identifiers(children.get("leistungID", ()))
    if not services:
        raise Skipped("it names no service")
    return services


def _regions(children: Parts, reading: Reading, named: str) -> tuple[str, ...]:
    stated = children.get("gebietID", [])
    if not stated:
        raise Skipped("it names no region")
    found: dict[str, None] = {}
    for element in stated:
        region = _region(element)
        if region is None:
            reading.skip("a region is neither ARS nor AGS", named)
        else:
            found[region] = None
    if not found:
        raise Skipped("none of its regions is an ARS or AGS")
    return tuple(found)


def _region(element: Element) -> str | None:
    """Five digits of a scheme of postcodes are no district, three of one of states no region."""
    text = text_of(element)
    schemes = [str(value) for name, value in element.items() if "scheme" in str(name)]
    return None if _NO_REGIONS.search(" ".join((*schemes, text)).lower()) else region_key(text)


def _role(children: Parts, reading: Reading) -> str:
    """One that decides, if there is one among several.

    Without one it is what a directory of responsibilities is about.
    """
    codes = list(filter(None, map(code_of, children.get("rolle", ()))))
    if not codes or reading.responsible_roles & set(codes):
        return RESPONSIBLE
    return f"xzufi:{codes[0]}"


def _made_id(children: Parts, reading: Reading, unit: str, made: dict[str, int]) -> str:
    """The same for the same content: unit, services and role, counted where they come again."""
    made_id = "#".join((unit, *_services(children), _role(children, reading)))
    made[made_id] = made.get(made_id, 0) + 1
    return made_id if made[made_id] == 1 else f"{made_id}#{made[made_id]}"
