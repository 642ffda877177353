"""Write entries as an XZuFi transfer message, in our own reading of the format."""

import io
from collections.abc import Iterable, Iterator
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from infra.directory.entries import (
    Deleted,
    Entry,
    EntryKind,
    OnlineService,
    Responsibility,
    Service,
    Unit,
)
from shared.domain.directory import RESPONSIBLE

_KLASSE = {
    EntryKind.SERVICE: "Leistung",
    EntryKind.UNIT: "Organisationseinheit",
    EntryKind.RESPONSIBILITY: "Zustaendigkeit",
    EntryKind.ONLINE_SERVICE: "Onlinedienst",
}
_KANAL = {"email": "01", "phone": "02", "fax": "04", "web": "09"}
_ADDRESS = {"street": "strasse", "house_number": "hausnummer", "postcode": "postleitzahl"}
_ADDRESS |= {"po_box": "postfach", "town": "ort"}


def message(entries: Iterable[Entry], *, version: str = "2.2") -> bytes:
    stream = io.BytesIO()
    write(stream, entries, version=version)
    return stream.getvalue()


def write(stream: IO[bytes], entries: Iterable[Entry], *, version: str = "2.2") -> None:
    """Embedded responsibilities follow their unit; those of one id follow each other."""
    namespace = f"http://xoev.de/schemata/xzufi/{version.replace('.', '_')}_0"
    stream.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xzufi:uebertragung xmlns:xzufi="{namespace}" '
        f'xzufiVersion="{version}.0">\n<xzufi:nachrichtenkopf/>\n'.encode()
    )
    for together in _written_together(entries):
        stream.write(_operation(together).encode() + b"\n")
    stream.write(b"</xzufi:uebertragung>\n")


def _written_together(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    together: list[Entry] = []
    for entry in entries:
        if together and not _belongs(entry, together):
            yield together
            together = []
        together.append(entry)
    if together:
        yield together


def _belongs(entry: Entry, together: list[Entry]) -> bool:
    if not isinstance(entry, Responsibility):
        return False
    if entry.container is not None:
        return isinstance(together[0], Unit) and together[0].id == entry.container
    return _is_one_more_service(entry, together)


def _is_one_more_service(entry: Responsibility, together: Iterable[Entry]) -> bool:
    return all(
        isinstance(other, Responsibility)
        and other.service != entry.service
        and other._replace(service=entry.service, continues=True) == entry
        for other in together
    )


def _by_services(held: Iterable[Responsibility]) -> Iterator[list[Responsibility]]:
    together: list[Responsibility] = []
    for entry in held:
        if together and not _is_one_more_service(entry, together):
            yield together
            together = []
        together.append(entry)
    if together:
        yield together


def _operation(together: list[Entry]) -> str:
    first = together[0]
    if isinstance(first, Deleted):
        return (
            f'<xzufi:loesche klasse="{_KLASSE[first.kind]}">{_id("id", first.id)}</xzufi:loesche>'
        )
    held = [entry for entry in together if isinstance(entry, Responsibility)]
    if isinstance(first, Unit):
        content = _unit(first, held)
    elif isinstance(first, Responsibility):
        unit = _id("uebergeordnetesObjektID", first.unit)
        content = _tag("zustaendigkeitTransferObjekt", unit + _responsibility(held))
    elif isinstance(first, Service):
        content = _service(first)
    else:
        content = _online_service(first)
    return _tag("schreibe", content)


def _service(service: Service) -> str:
    name = "<xzufi:leikaTextmodul><code>02</code></xzufi:leikaTextmodul>" + _german(
        "inhalt", service.name
    )
    inside = _id("id", service.id)
    inside += "".join(_coded("referenzLeiKa", key) for key in service.leika_keys)
    if service.specializes:
        inside += _id("leistungID", service.specializes)
    inside += _tag("modulText", name) + _validity(service)
    return _tag("spezialisierung" if service.specializes else "leistung", inside)


def _unit(unit: Unit, held: list[Responsibility]) -> str:
    inside = _id("id", unit.id)
    if unit.parent:
        inside += _id("uebergeordneteOrganisationseinheitID", unit.parent)
    inside += _tag("name", _german("name", unit.name))
    if unit.kind:
        inside += _tag("kategorie", _german("bezeichnung", unit.kind))
    contact = dict(unit.contact or {})
    for address in contact.pop("addresses", []):
        lines = [_tag(_ADDRESS[part], escape(text)) for part, text in address.items()]
        inside += _tag("anschrift", "".join(lines))
    for channel, value in contact.items():
        reached = _coded("kanal", _KANAL[channel]) + _tag("kennung", escape(value))
        inside += _tag("erreichbarkeit", reached)
    inside += "".join(map(_responsibility, _by_services(held)))
    return _tag("organisationseinheit", inside + _validity(unit))


def _responsibility(held: list[Responsibility]) -> str:
    first = held[0]
    role = "01" if first.role == RESPONSIBLE else first.role.removeprefix("xzufi:")
    inside = _id("id", first.id)
    inside += "".join(_id("leistungID", entry.service) for entry in held)
    inside += "".join(_tag("gebietID", region) for region in first.regions)
    return _tag("zustaendigkeit", inside + _coded("rolle", role) + _validity(first))


def _online_service(service: OnlineService) -> str:
    inside = _id("id", service.id) + _german("bezeichnung", service.name)
    inside += "".join(_tag("link", _tag("link", escape(url))) for url in service.urls)
    if service.assurance_level:
        inside += _coded("vertrauensniveau", service.assurance_level)
    return _tag("onlinedienst", inside)


def _validity(entry: Service | Unit | Responsibility) -> str:
    begin = _tag("beginn", str(entry.valid_from)) if entry.valid_from else ""
    end = _tag("ende", str(entry.valid_to)) if entry.valid_to else ""
    return _tag("gueltigkeit", begin + end) if begin or end else ""


def _id(name: str, composite: str) -> str:
    """What `composite_id` made: `text@agency/scheme`."""
    text, _, rest = composite.partition("@")
    agency, _, scheme = rest.partition("/")
    attributes = f" schemeAgencyID={quoteattr(agency)}" if agency else ""
    attributes += f" schemeID={quoteattr(scheme)}" if scheme else ""
    return f"<xzufi:{name}{attributes}>{escape(text)}</xzufi:{name}>"


def _coded(name: str, code: str) -> str:
    """A code has no namespace."""
    return _tag(name, f"<code>{escape(code)}</code>")


def _german(name: str, text: str) -> str:
    return f'<xzufi:{name} languageCode="de">{escape(text)}</xzufi:{name}>'


def _tag(name: str, inside: str) -> str:
    return f"<xzufi:{name}>{inside}</xzufi:{name}>"
