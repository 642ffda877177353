"""A form's fields as its mapping shows them: labelled, grouped, and less what is no field."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby

from functions.receive.forms.form import ARRAY, Terms, below
from functions.receive.refusal import invalid
from shared.domain.configuration.field_mapping import Source
from shared.domain.submission import FieldKind, FormField

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Tree:
    """`fields` is what stays; `text` and `texts` tell what the others said."""

    def __init__(self, fields: Iterable[FormField], terms: Terms) -> None:
        self._mapping = terms.mapping
        self._taken = terms.mapping.fields
        self._found: dict[str, list[FormField]] = defaultdict(list)
        self.flags: set[str] = set()
        self.fields = tuple(self._walk(fields, ""))
        self._deepest = terms.limits.depth // 2 + 1 - _depth(self.fields)
        if terms.mapping.group_separator:
            self.fields = tuple(self._grouped(self.fields, "", 1))

    def text(self, source: Source | None) -> str | None:
        """Raise Refused (422) if it is a group, or said in two ways."""
        if source is None:
            return None
        if source.field is None:
            return source.constant
        found = self._found.get(source.field, [])
        if any(each.kind is FieldKind.GROUP for each in found):
            raise invalid("wrong-type", "Here belongs one value.", source.field)
        values = {each.value for each in found if each.value}
        if len(values) > 1:
            detail = "The field stands several times, with different values."
            raise invalid("several-values", detail, source.field)
        return values.pop() if values else None

    def texts(self, source: Source | None) -> list[str]:
        """A list, several fields, or one with commas."""
        if source is None:
            return []
        if source.field is None:
            said = [source.constant or ""]
        else:
            said = list(_values(self._found.get(source.field, [])))
        return [part.strip() for text in said for part in text.split(",") if part.strip()]

    def _walk(self, fields: Iterable[FormField], prefix: str) -> Iterator[FormField]:
        for field in fields:
            path = below(prefix, field.name)
            stays = self._taken.get(path, True)
            if path in self._taken:
                self._found[path].append(field)
            if stays:
                yield self._shown(field, path, is_row=False)

    def _shown(self, field: FormField, path: str, *, is_row: bool) -> FormField:
        changes: dict[str, object] = {}
        if path in self._mapping.labels and not is_row:
            changes["label"] = self._mapping.labels[path]
        if field.kind is not FieldKind.GROUP:
            changes["kind"] = self._kind(field, path)
        elif field.extra.get(ARRAY) is True:
            changes["items"] = tuple(self._shown(row, path, is_row=True) for row in field.items)
        else:
            changes["items"] = tuple(self._walk(field.items, path))
        return field.model_copy(update=changes)

    def _kind(self, field: FormField, path: str) -> FieldKind:
        wanted = self._mapping.kinds.get(path)
        if wanted is None or field.kind is not FieldKind.TEXT or not field.value:
            return field.kind
        if _is_written_as(wanted, field.value):
            return FieldKind(wanted)
        self.flags.add("kind-not-as-declared")
        return field.kind

    def _grouped(self, fields: Iterable[FormField], prefix: str, depth: int) -> Iterator[FormField]:
        """Neighbours only: to bring others together would change the form's order."""
        separator = self._mapping.group_separator or ""
        for name, run in groupby(fields, key=lambda field: _first_part(field.name, separator)):
            if name is None:
                yield from run
                continue
            path = f"{prefix}{name}"
            if depth > self._deepest:
                raise invalid("too-deep", f"More than {self._deepest} groups in a group.", path)
            inner = [
                field.model_copy(
                    update={
                        "name": (rest := field.name[len(name) + len(separator) :]),
                        "label": rest if field.label == field.name else field.label,
                    }
                )
                for field in run
            ]
            yield FormField(
                name=name,
                label=self._mapping.labels.get(path, name),
                kind=FieldKind.GROUP,
                items=tuple(self._grouped(inner, f"{path}{separator}", depth + 1)),
            )


def _first_part(name: str, separator: str) -> str | None:
    """None for a name that has only one, or nothing on one side."""
    first, found, rest = name.partition(separator)
    return first if found and first and rest else None


def _depth(fields: Iterable[FormField]) -> int:
    return max((1 + _depth(field.items) for field in fields), default=0)


def _values(fields: Iterable[FormField]) -> Iterator[str]:
    for field in fields:
        yield from _values(field.items)
        if field.value:
            yield field.value


def _is_written_as(kind: str, value: str) -> bool:
    if kind == "boolean":
        return value in ("true", "false")
    if kind == "number":
        return _NUMBER.fullmatch(value) is not None
    try:
        return bool(_DATE.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False
