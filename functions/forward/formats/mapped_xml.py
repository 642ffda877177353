"""An XML document as an operator's mapping describes it, and the case's files beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from functions.forward.destination import Contents, Refused
from functions.forward.formats.schemas import validate
from functions.forward.formats.text import xml_text
from functions.forward.manifest import File, files_of
from functions.forward.means import Means
from functions.forward.packing import Packed, bytes_part, file_part
from shared.domain.configuration.xml_mapping import MappedXml, XmlElement
from shared.domain.filled_in import filled_in
from shared.domain.submission import FormField

if TYPE_CHECKING:
    from lxml import etree


def pack_mapped_xml(contents: Contents, settings: MappedXml, means: Means) -> Packed:
    """The document is the last part: with it, all is there. Raise Refused, NotDelivered."""
    document = write_mapped_xml(contents, settings)
    if settings.xsd is not None:
        root = means.schemas_root
        validate(document, root / settings.xsd if root is not None else None)
    files = [file for file in files_of(contents) if not file.withheld]
    last = bytes_part(settings.file_name, document, "application/xml")
    return Packed(parts=(*map(file_part, files), last))


def write_mapped_xml(contents: Contents, settings: MappedXml) -> bytes:
    """Raise Refused, with a reason that names what is missing, and no value."""
    from lxml import etree

    namespaces = {None: settings.namespace} if settings.namespace is not None else None
    root = etree.Element(_qualified(settings.namespace, settings.root), nsmap=namespaces)  # type: ignore[arg-type]  # the stubs lack None
    scope = _Scope(contents, settings.namespace, contents.submission.fields)
    for element in settings.elements:
        _add(root, element, scope)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose fields and which file an element is about."""

    contents: Contents
    namespace: str | None
    fields: Sequence[FormField]
    file: File | None = None


def _add(parent: "etree._Element", element: XmlElement, scope: _Scope) -> bool:
    """Whether something was added."""
    if element.elements:
        added = [_add_group(parent, element, each) for each in _scopes(element, scope)]
        if element.required and not any(added):
            raise _incomplete(element)
        return any(added)
    value = _value(element, scope)
    if value is None:
        if element.required:
            raise _incomplete(element)
        return False
    if element.attribute:
        parent.set(element.name, xml_text(value))
    else:
        _sub_element(parent, element, scope).text = xml_text(value)
    return True


def _add_group(parent: "etree._Element", element: XmlElement, scope: _Scope) -> bool:
    group = _sub_element(parent, element, scope)
    added = [_add(group, each, scope) for each in element.elements]
    if not any(added):
        parent.remove(group)
    return any(added)


def _scopes(element: XmlElement, scope: _Scope) -> Iterator[_Scope]:
    if element.for_each_file:
        files = (file for file in files_of(scope.contents) if not file.withheld)
        yield from (replace(scope, file=file) for file in files)
    elif element.for_each is not None:
        for group in _groups_at(scope.fields, element.for_each):
            yield replace(scope, fields=group.items)
    else:
        yield scope


def _groups_at(fields: Sequence[FormField], path: str) -> Iterator[FormField]:
    """A name may hold dots itself."""
    for field in fields:
        if field.name == path and field.items:
            yield field
        elif path.startswith(f"{field.name}."):
            yield from _groups_at(field.items, path[len(field.name) + 1 :])


def _value(element: XmlElement, scope: _Scope) -> str | None:
    """As it is to be written; None if it is empty."""
    given = _given(element, scope)
    if given is None or not given.strip():
        return None
    try:
        return _converted(element, given.strip())
    except (ValueError, InvalidOperation):
        raise _incomplete(element, "its value cannot be converted") from None


def _given(element: XmlElement, scope: _Scope) -> str | None:
    if element.constant is not None:
        return element.constant
    if element.field is not None:
        found = filled_in(scope.fields, element.field)
        return found[0].value if found else None
    if element.from_file is not None and scope.file is not None:
        value = getattr(scope.file, element.from_file)
        return None if value is None else str(value)
    return _of_the_case(scope.contents)[element.from_case or "id"]


def _converted(element: XmlElement, value: str) -> str:
    """Raise ValueError or InvalidOperation."""
    if element.words:
        word = element.words.get(value, element.otherwise)
        if word is None:
            raise ValueError
        return word
    if element.date is not None:
        return date.fromisoformat(value[:10]).strftime(element.date)
    if element.decimal:
        plain = value.replace(".", "").replace(",", ".") if "," in value else value
        return format(Decimal(plain), "f")
    return value


def _of_the_case(contents: Contents) -> dict[str, str | None]:
    case, submission = contents.case, contents.submission
    return {
        "id": str(case.id),
        "number": case.number,
        "round": str(case.round),
        "message_id": str(contents.message_id),
        "received": _moment(case.received_at),
        "authority": case.authority,
        "form_id": submission.form_id,
        "form_name": submission.form_name,
        "leika_key": submission.leika_keys[0] if submission.leika_keys else None,
        "region": submission.region,
        "transaction_id": submission.transaction_id,
        "sender": case.sender,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _incomplete(element: XmlElement, why: str = "nothing was filled in") -> Refused:
    about = element.field or element.from_case or element.for_each or "what it is made of"
    return Refused("mapping_incomplete", reason=f"{element.name} (from {about}): {why}")


def _sub_element(parent: "etree._Element", element: XmlElement, scope: _Scope) -> "etree._Element":
    from lxml import etree

    return etree.SubElement(parent, _qualified(scope.namespace, element.name))


def _qualified(namespace: str | None, name: str) -> str:
    return f"{{{namespace}}}{name}" if namespace is not None else name
