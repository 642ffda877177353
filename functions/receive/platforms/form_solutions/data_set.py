"""The XML data set of Form-Solutions: one element per field, named by the field's label.

Its root `form` and the elements `transId` and `fileUrl` are known; how labels are escaped that are
no XML names is not.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element

from functions.receive.delivery import Limits
from functions.receive.platforms.form_solutions.document import Document, Known, transaction_id_of
from functions.receive.refusal import Refused, invalid
from functions.receive.safe_xml import read_xml
from shared.domain.submission import FieldKind, FormField

ROOT = "form"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_data_set(data: bytes, limits: Limits, known: Known) -> Document:
    """Raise Refused: 400 for what is no XML, 422 for what is no data set."""
    root = read_xml(data, max_depth=limits.depth, place="data set")
    if _name(root.tag) != ROOT:
        raise invalid("not-a-data-set", "The root element of a data set is form.", "data set")
    transactions, urls, others = _sorted(root)
    transaction_id = transaction_id_of(_only_text(transactions), "form.transId", known)
    document = Document(
        transaction_id=transaction_id,
        fields=tuple(_field(each, f"form.{_name(each.tag)}", limits) for each in others),
        extra={"attributes": dict(root.attrib)} if root.attrib else {},
    )
    if not urls:
        return document
    given = [each.text or "" for each in urls]
    return document.with_file_url(given[0] if len(given) == 1 else given)


def _sorted(root: Element) -> tuple[list[Element], list[Element], list[Element]]:
    """The elements `transId` and `fileUrl`, and the fields in their order."""
    transactions = [each for each in root if _name(each.tag) == "transId"]
    urls = [each for each in root if _name(each.tag) == "fileUrl"]
    others = [each for each in root if _name(each.tag) not in ("transId", "fileUrl")]
    return transactions, urls, others


def _only_text(elements: list[Element]) -> str | None:
    if len(elements) > 1:
        raise invalid("repeated-member", "An element stands twice.", "form.transId")
    if any(len(element) for element in elements):
        raise invalid("wrong-type", "Here belongs text.", "form.transId")
    return elements[0].text if elements else None


def _field(element: Element, place: str, limits: Limits) -> FormField:
    name = _name(element.tag)
    items = tuple(_field(each, f"{place}.{_name(each.tag)}", limits) for each in element)
    text = _text(element)
    if len(text) > limits.field_length:
        raise _too_long(limits.field_length, place)
    extra: dict[str, Any] = {"attributes": dict(element.attrib)} if element.attrib else {}
    if name != element.tag:
        extra["namespace"] = element.tag[1:].partition("}")[0]
    if items and text.strip():
        extra["text"] = text
    kind = FieldKind.GROUP if items else FieldKind.TEXT if text else FieldKind.EMPTY
    value = text if kind is FieldKind.TEXT else None
    return FormField(
        name=name, label=label_of(name), kind=kind, value=value, items=items, extra=extra
    )


def label_of(name: str) -> str:
    """`Hausnr_x002E_` is `Hausnr.`, as .NET and Java libraries escape what is no XML name."""
    return _ESCAPED.sub(_unescaped, name)


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character.isprintable() else escape[0]


def _text(element: Element) -> str:
    return (element.text or "") + "".join(each.tail or "" for each in element)


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _too_long(limit: int, place: str) -> Refused:
    return invalid("text-too-long", f"The text is longer than {limit} characters.", place)
