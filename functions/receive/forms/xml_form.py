"""Forms as XML: an element with children is a group, any other one a field."""

from xml.etree.ElementTree import Element, tostring

from functions.receive.forms.form import Fields, Form, Terms, below
from functions.receive.safe_xml import read_xml
from shared.domain.submission import FieldKind, FormField, PartDigest

MEDIA_TYPE = "application/xml"


def read_xml_form(data: bytes, terms: Terms) -> Form:
    """The document says its encoding itself. Raise Refused: 400 for what is no XML."""
    # A level is stored as an object and a list.
    root = read_xml(data, max_depth=terms.limits.depth // 2, place="the XML document")
    tree = _Tree(terms)
    fields = tuple(tree.children(root, ""))
    extra = {"root": root.tag, **_beside(root)}
    if not tree.left_out:
        return Form(fields, data, MEDIA_TYPE, extra=extra)
    written = tostring(root, encoding="utf-8", xml_declaration=True)
    return Form(fields, written, MEDIA_TYPE, PartDigest.of(data), extra=extra)


class _Tree:
    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._fields = Fields(terms.limits)
        self.left_out = False

    def children(self, parent: Element, path: str) -> list[FormField]:
        found = []
        for child in list(parent):
            name = child.tag.rpartition("}")[2]
            if self._terms.ignores(below(path, name)):
                parent.remove(child)
                self.left_out = True
            else:
                found.append(self._field(child, name, below(path, name)))
        return found

    def _field(self, element: Element, name: str, path: str) -> FormField:
        extra = _beside(element)
        if name != element.tag:
            extra["namespace"] = element.tag[1:].rpartition("}")[0]
        if len(element):
            return self._fields.group(name, self.children(element, path), **extra)
        return self._fields.value(name, FieldKind.TEXT, element.text or "", path, **extra)


def _beside(element: Element) -> dict[str, object]:
    """What is no field: attributes, and text between children."""
    extra: dict[str, object] = {}
    if element.attrib:
        extra["attributes"] = dict(element.attrib)
    if len(element):
        texts = [element.text, *(child.tail for child in element)]
        between = [text for text in texts if text and text.strip()]
        if between:
            extra["text"] = between
    return extra
