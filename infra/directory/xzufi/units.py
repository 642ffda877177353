"""Organisationseinheit, with how it can be reached. Who works there is not read."""

from typing import Any

from infra.directory.entries import Entry, Unit
from infra.directory.xzufi.elements import (
    Element,
    Parts,
    Reading,
    code_of,
    entry_id,
    first_identifier,
    first_text,
    in_german,
    parts,
    text_of,
)
from infra.directory.xzufi.responsibilities import read_embedded
from infra.directory.xzufi.validity import validity

_ADDRESS = {
    "strasse": "street",
    "hausnummer": "house_number",
    "postfach": "po_box",
    "postleitzahl": "postcode",
    "plz": "postcode",
    "ort": "town",
    "zusatz": "addition",
}
_PLAIN_CHANNELS = {
    "telefon": "phone",
    "fax": "fax",
    "telefax": "fax",
    "email": "email",
    "eMail": "email",
    "internetadresse": "web",
}
# Kanal: own reading, no public source for what its codes mean here. Another one keeps its code.
_CHANNELS = {"01": "email", "02": "phone", "03": "phone", "04": "fax", "09": "web"}


def read_unit(element: Element, reading: Reading) -> list[Entry]:
    children = parts(element)
    given = entry_id(children)
    plain = first_text(children["id"])
    begin, end = validity(children, reading, given)
    unit = Unit(
        given, plain, _name(children) or plain, _parent(children), _kind(children),
        _contact(children), begin, end,
    )  # fmt: skip
    gone, held = read_embedded(children.get("zustaendigkeit", []), reading, given)
    return [*gone, unit, *held]


def _name(children: Parts) -> str:
    """`name/name`, or the name itself."""
    stated = children.get("name", [])
    inner = [name for each in stated for name in parts(each).get("name", ())]
    return in_german(inner or stated)


def _parent(children: Parts) -> str | None:
    """Own reading of the name, after the other references (`leistungID`, `gebietID`)."""
    given = first_identifier(children.get("uebergeordneteOrganisationseinheitID", ()))
    if given is not None:
        return given
    inner = children.get("uebergeordneteOrganisationseinheit", ())
    ids = (each for parent in inner for each in (*parts(parent).get("id", ()), parent))
    return first_identifier(ids)


def _kind(children: Parts) -> str | None:
    for category in children.get("kategorie", ()):
        found = parts(category)
        name = in_german(found.get("bezeichnung", ())) or code_of(category)
        if name or (name := first_text(found.get("id", ()))):
            return name
    return None


def _contact(children: Parts) -> dict[str, Any] | None:
    contact: dict[str, Any] = {}
    addresses = [_address(each) for each in children.get("anschrift", ())]
    if any(addresses):
        contact["addresses"] = [address for address in addresses if address]
    for channel, value in _reachable(children):
        if value and value not in contact.setdefault(channel, "").split(", "):
            contact[channel] = f"{contact[channel]}, {value}".removeprefix(", ")
    return contact or None


def _address(element: Element) -> dict[str, str]:
    children = parts(element)
    found = {
        ours: text
        for theirs, ours in _ADDRESS.items()
        if (text := first_text(children.get(theirs, ())))
    }
    kind = next(map(code_of, children.get("typ", ())), "")
    return {"type": kind, **found} if kind and found else found


def _reachable(children: Parts) -> list[tuple[str, str]]:
    found = [
        (ours, first_text(parts(each).get("uri", ())) or text_of(each))
        for theirs, ours in _PLAIN_CHANNELS.items()
        for each in children.get(theirs, ())
    ]
    for name in ("erreichbarkeit", "kommunikation"):
        for each in children.get(name, ()):
            inner = parts(each)
            code = next(map(code_of, inner.get("kanal", ())), "")
            found.append(
                (_CHANNELS.get(code, f"channel_{code}"), first_text(inner.get("kennung", ())))
            )
            found += _reachable(
                {key: value for key, value in inner.items() if key in _PLAIN_CHANNELS}
            )
    return found
