"""The form's fields as XML of ours, in the form's order, with every file and its hash.

Own design, described in docs/xdomea.md: the standard has no place for a form's tree of fields.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from functions.forward.destination import Contents
from functions.forward.formats.text import xml_text
from functions.forward.manifest import File
from shared.domain.submission import FormField

if TYPE_CHECKING:
    from lxml import etree

NAMESPACE = "urn:antragslotse:form-data:1"
_NAMESPACES: Any = {None: NAMESPACE}


def write_form_data(contents: Contents, files: Iterable[File]) -> bytes:
    from lxml import etree

    root = form_data_element(contents, files)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def form_data_element(contents: Contents, files: Iterable[File]) -> "etree._Element":
    from lxml import etree

    submission = contents.submission
    root = etree.Element(f"{{{NAMESPACE}}}form-data", nsmap=_NAMESPACES)
    _set(root, "case", contents.case.number)
    _set(root, "transaction-id", submission.transaction_id)
    _set(root, "form-id", submission.form_id)
    _set(root, "form-name", submission.form_name)
    _set(root, "leika-keys", " ".join(submission.leika_keys) or None)
    _set(root, "region", submission.region)
    fields = etree.SubElement(root, f"{{{NAMESPACE}}}fields")
    for field in submission.fields:
        _add(fields, field)
    listed = etree.SubElement(root, f"{{{NAMESPACE}}}files")
    for file in files:
        entry = etree.SubElement(listed, f"{{{NAMESPACE}}}file")
        _set(entry, "name", file.original_name or file.name)
        _set(entry, "kind", file.kind)
        _set(entry, "media-type", file.detected_media_type or file.media_type)
        _set(entry, "size", str(file.size))
        _set(entry, "sha256", file.sha256)
        _set(entry, "withheld", "true" if file.withheld else None)
    return root


def _add(parent: "etree._Element", field: FormField) -> None:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{NAMESPACE}}}field")
    _set(element, "name", field.name)
    _set(element, "label", field.label)
    _set(element, "kind", field.kind)
    if field.value is not None:
        value = etree.SubElement(element, f"{{{NAMESPACE}}}value")
        value.text = xml_text(field.value)
    for item in field.items:
        _add(element, item)


def _set(element: "etree._Element", name: str, value: str | None) -> None:
    if value is not None:
        element.set(name, xml_text(value))
