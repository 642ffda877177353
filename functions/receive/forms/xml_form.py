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
        fields, kept = [], _Kept(parent)
        for child in list(parent):
            name = child.tag.rpartition("}")[2]
            if self._terms.ignores(below(path, name)):
                kept.text(child.tail)
                self.left_out = True
            else:
                kept.element(child)
                fields.append(self._field(child, name, below(path, name)))
        kept.close()
        return fields

    def _field(self, element: Element, name: str, path: str) -> FormField:
        extra = _beside(element)
        if name != element.tag:
            extra["namespace"] = element.tag[1:].rpartition("}")[0]
        if len(element):
            return self._fields.group(name, self.children(element, path), **extra)
        return self._fields.value(name, FieldKind.TEXT, element.text or "", path, **extra)


class _Kept:
    """An element's new content: without some elements, but with the text behind these."""

    def __init__(self, parent: Element) -> None:
        self._parent = parent
        self._elements: list[Element] = []
        self._texts: list[str] = []

    def text(self, text: str | None) -> None:
        self._texts.append(text or "")

    def element(self, element: Element) -> None:
        self._join()
        self._elements.append(element)

    def close(self) -> None:
        self._join()
        self._parent[:] = self._elements

    def _join(self) -> None:
        text = "".join(self._texts)
        self._texts.clear()
        if not text:
            return
        if self._elements:
            last = self._elements[-1]
            last.tail = (last.tail or "") + text
        else:
            self._parent.text = (self._parent.text or "") + text


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
