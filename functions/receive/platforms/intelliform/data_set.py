"""A form's data set, read into fields: one for each element, in the form's order.

Values are text; what they are and how they are shown stands in attributes, or in a second data
set of the same form (`hints`), which intelliForm calls its raw form.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

from functions.receive.delivery import Limits
from functions.receive.platforms.intelliform.labels import plain_text
from functions.receive.platforms.intelliform.names import ANNOTATION, INTERNAL, split
from functions.receive.refusal import invalid
from shared.domain.submission import FieldKind, FormField

_LABELS = (f"{{{ANNOTATION}}}label", "label")
_TYPES = (f"{{{INTERNAL}}}type", f"{{{ANNOTATION}}}type")
_DISPLAY = f"{{{INTERNAL}}}label"
_CHANGED_AT = f"{{{INTERNAL}}}ts"
_READ = frozenset((*_LABELS, *_TYPES, _DISPLAY, _CHANGED_AT))

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER_TYPES = ("number", "integer", "int", "long", "decimal", "double", "float", "currency")

Path = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """What another data set of the form says of the element at the same place."""

    text: str | None
    attributes: Mapping[str, str]


def hints_of(root: Element) -> dict[Path, Hint]:
    found = {}
    for path, element in _walk(root, ()):
        attributes = {name: element.attrib[name] for name in _READ & element.attrib.keys()}
        if attributes:
            found[path] = Hint(element.text, attributes)
    return found


@dataclass
class DataSet:
    """Reads a tree; `flags` are there afterwards."""

    limits: Limits
    hints: Mapping[Path, Hint]
    flags: set[str] = field(default_factory=set)

    def read(self, root: Element) -> tuple[FormField, ...]:
        """Raise Refused (422) for what cannot be stored."""
        return self._fields(root, ())

    def _fields(self, parent: Element, path: Path) -> tuple[FormField, ...]:
        return tuple(self._field(child, (*path, step)) for step, child in _children(parent))

    def _field(self, element: Element, path: Path) -> FormField:
        namespace, name = split(element.tag)
        said = self._said(element, path)
        extra = self._extra(element, said, path)
        if namespace:
            extra["namespace"] = namespace
        label = next((plain_text(said[each]) for each in _LABELS if each in said), "")
        items = self._fields(element, path)
        if items:
            kind, value = FieldKind.GROUP, None
            self._keep_mixed(element, extra, path)
        else:
            value = element.text or None
            self._check_length(value, path)
            kind = self._kind(
                value, next((said[each] for each in _TYPES if each in said), ""), extra
            )
        return FormField(
            name=name, label=label or name, kind=kind, value=value, items=items, extra=extra
        )

    def _said(self, element: Element, path: Path) -> dict[str, str]:
        """Its own word counts more; a display text belongs to one value only."""
        hint = self.hints.get(path)
        if hint is None:
            return dict(element.attrib)
        given = dict(hint.attributes)
        if hint.text != element.text:
            given.pop(_DISPLAY, None)
        return {**given, **element.attrib}

    def _extra(self, element: Element, said: Mapping[str, str], path: Path) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if _DISPLAY in said:
            extra["display"] = plain_text(said[_DISPLAY])
        for name in element.attrib.keys() - _READ:
            self._check_length(element.attrib[name], path)
        for name, value in element.attrib.items():
            if name not in _READ:
                namespace, local = split(name)
                extra[name if local in extra or namespace else local] = value
        return extra

    def _kind(self, value: str | None, type_: str, extra: dict[str, Any]) -> FieldKind:
        if value is None:
            return FieldKind.EMPTY
        if type_ == "" and "currency" in extra:
            type_ = "currency"
        match type_:
            case "boolean":
                kind, fits = FieldKind.BOOLEAN, value in ("true", "false")
            case "date":
                kind, fits = FieldKind.DATE, _is_date(value)
            case _ if type_ in _NUMBER_TYPES:
                kind, fits = FieldKind.NUMBER, _NUMBER.fullmatch(value) is not None
            case _:
                if type_ not in ("", "string"):
                    extra["type"] = type_
                return FieldKind.TEXT
        if fits:
            return kind
        self.flags.add("value-not-of-its-type")
        extra["type"] = type_
        return FieldKind.TEXT

    def _keep_mixed(self, element: Element, extra: dict[str, Any], path: Path) -> None:
        texts = [text for text in _texts(element) if text.strip()]
        if texts:
            self.flags.add("mixed-content")
            for text in texts:
                self._check_length(text, path)
            extra["text"] = texts

    def _check_length(self, text: str | None, path: Path) -> None:
        if text is not None and len(text) > self.limits.field_length:
            detail = f"The text is longer than {self.limits.field_length} characters."
            raise invalid("text-too-long", detail, place_of(path))


def place_of(path: Path) -> str:
    steps = [split(name)[1] + (f"[{at}]" if at else "") for name, at in path]
    return "/".join(["data set", *steps])


def _walk(parent: Element, path: Path) -> Iterator[tuple[Path, Element]]:
    for step, child in _children(parent):
        yield (*path, step), child
        yield from _walk(child, (*path, step))


def _children(parent: Element) -> Iterator[tuple[tuple[str, int], Element]]:
    """Each with its name and how many of that name came before it."""
    seen: Counter[str] = Counter()
    for child in parent:
        yield (child.tag, seen[child.tag]), child
        seen[child.tag] += 1


def _texts(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False
