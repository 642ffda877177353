"""Forms as JSON: objects are groups, arrays are groups of rows, numbers keep their literal."""

from collections.abc import Collection
from typing import Any

from functions.receive.forms.charsets import decoded, in_charset
from functions.receive.forms.form import ARRAY, Fields, Form, Terms, below
from functions.receive.refusal import invalid
from functions.receive.strict_json import read_strictly
from shared.domain.exact_json import NumberLiteral, RepeatedMembers, write_json
from shared.domain.submission import FieldKind, FormField, PartDigest

MEDIA_TYPE = "application/json"


def read_json_form(data: bytes, charset: str, terms: Terms) -> Form:
    """Raise Refused: 400 for what is no JSON, 422 for what is no form."""
    text = data if charset == "utf_8" else decoded(data, charset, "$").encode()
    # A level is stored as an object and a list.
    tree = read_strictly(text, max_depth=terms.limits.depth // 2, place="$")
    fields = fields_of(tree, terms)
    kept = without(tree, terms.mapping.ignore)
    if kept == tree:
        in_utf_8 = charset == "utf_8"  # as JSON is unless it says otherwise
        return Form(fields, data, MEDIA_TYPE if in_utf_8 else in_charset(MEDIA_TYPE, charset))
    return Form(fields, write_json(kept).encode(), MEDIA_TYPE, PartDigest.of(data))


def fields_of(tree: Any, terms: Terms, place: str = "$") -> tuple[FormField, ...]:
    if not isinstance(tree, dict):
        raise invalid("wrong-type", "Here belongs an object with the form's fields.", place)
    return _Tree(terms).members(tree, "", place)


def without(tree: Any, ignored: Collection[str], path: str = "") -> Any:
    """The tree less those members; a row's path is that of its array."""
    if not ignored:
        return tree
    if isinstance(tree, dict):
        return {
            name: without(value, ignored, below(path, name))
            for name, value in tree.items()
            if below(path, name) not in ignored
        }
    if isinstance(tree, list):
        return [without(value, ignored, path) for value in tree]
    return tree


class _Tree:
    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._fields = Fields(terms.limits)

    def members(self, tree: dict[str, Any], path: str, place: str) -> tuple[FormField, ...]:
        if isinstance(tree, RepeatedMembers):
            raise invalid("repeated-member", "A member stands twice in this object.", place)
        return tuple(
            self._field(name, value, below(path, name), f"{place}.{name}")
            for name, value in tree.items()
            if not self._terms.ignores(below(path, name))
        )

    def _field(self, name: str, value: Any, path: str, place: str) -> FormField:
        if isinstance(value, dict):
            return self._fields.group(name, self.members(value, path, place))
        if isinstance(value, list):
            rows = (
                self._field(str(number), row, path, f"{place}[{number - 1}]")
                for number, row in enumerate(value, 1)
            )
            return self._fields.group(name, rows, **{ARRAY: True})
        kind, text = _scalar(value)
        return self._fields.value(name, kind, text, place)


def _scalar(value: Any) -> tuple[FieldKind, str | None]:
    if value is None:
        return FieldKind.EMPTY, None
    if isinstance(value, bool):
        return FieldKind.BOOLEAN, "true" if value else "false"
    if isinstance(value, NumberLiteral):
        return FieldKind.NUMBER, str(value)
    return FieldKind.TEXT, value
