"""Form data of Form-Solutions as JSON. Own design, since what it really pushes is not public.

`transId`, `formId` (or `identifier`), `formName`, `fields`, `secureData`, `payload`, `fileUrl`.
`fields` is an object (label -> value) or a list of `name`, `label`, `value`, `items`.
"""

from typing import Any

from functions.receive.delivery import Limits
from functions.receive.platforms.form_solutions.document import Document, Known, transaction_id_of
from functions.receive.platforms.form_solutions.values import scalar
from functions.receive.refusal import invalid
from functions.receive.strict_json import read_strictly
from shared.domain.exact_json import NumberLiteral, RepeatedMembers
from shared.domain.submission import FieldKind, FormField

_ITEM = frozenset({"name", "label", "value", "items"})


def read_field_list(data: bytes, limits: Limits, known: Known) -> Document:
    """Raise Refused: 400 for what is no JSON, 422 for what does not keep to the format."""
    root = _members(read_strictly(data, max_depth=limits.depth, place="$"), "$")
    reading = _Reading(limits.field_length)
    transaction = reading.text(root, "transId", "transID")
    document = Document(
        transaction_id=transaction_id_of(transaction, "transId", known),
        form_id=reading.text(root, "formId", "identifier"),
        form_name=reading.text(root, "formName"),
        fields=reading.fields(root.get("fields"), "fields"),
        secure_data=root.get("secureData"),
        payload=root.get("payload"),
        extra={name: value for name, value in root.items() if name not in _NAMED},
    )
    url = root.get("fileUrl")
    return document if url is None else document.with_file_url(url)


_NAMED = frozenset(
    {
        *("transId", "transID", "formId", "identifier", "formName"),
        *("fields", "secureData", "payload", "fileUrl"),
    }
)


class _Reading:
    def __init__(self, field_length: int) -> None:
        self._field_length = field_length

    def text(self, members: dict[str, Any], *names: str) -> str | None:
        """Of the first of these members that is there."""
        for name in names:
            value = members.get(name)
            if value is not None:
                return self._checked(value, name)
        return None

    def fields(self, value: Any, place: str) -> tuple[FormField, ...]:
        if isinstance(value, dict):
            return tuple(
                self._valued(label, label, given, f"{place}.{label}")
                for label, given in _members(value, place).items()
            )
        if isinstance(value, list):
            return tuple(self._described(each, f"{place}[{at}]") for at, each in enumerate(value))
        raise invalid("wrong-type", "Here belongs an object or a list of fields.", place)

    def _described(self, item: Any, place: str) -> FormField:
        item = _members(item, place)
        name = self._optional(item, "name", place)
        label = self._optional(item, "label", place)
        if name is None and label is None:
            raise invalid("member-missing", "A field needs a name.", f"{place}.name")
        name, label = label if name is None else name, name if label is None else label
        items, value = item.get("items"), item.get("value")
        extra = {member: given for member, given in item.items() if member not in _ITEM}
        if items is None:
            field = self._valued(name or "", label or "", value, f"{place}.value")
            return field.model_copy(update={"extra": extra})
        if value is not None:
            raise invalid("several-values", "A field has a value or items, not both.", place)
        return FormField(
            name=name or "",
            label=label or "",
            kind=FieldKind.GROUP,
            items=self.fields(items, f"{place}.items"),
            extra=extra,
        )

    def _valued(self, name: str, label: str, value: Any, place: str) -> FormField:
        found = scalar(value)
        if found is not None:
            kind, literal = found
            self._check_length(literal or "", place)
            return FormField(name=name, label=label, kind=kind, value=literal)
        if isinstance(value, dict):
            items = self.fields(value, place)
        else:  # a list: its elements have numbers for names
            items = tuple(
                self._valued(str(at), str(at), each, f"{place}[{at - 1}]")
                for at, each in enumerate(value, start=1)
            )
        return FormField(name=name, label=label, kind=FieldKind.GROUP, items=items)

    def _optional(self, members: dict[str, Any], name: str, place: str) -> str | None:
        value = members.get(name)
        return None if value is None else self._checked(value, f"{place}.{name}")

    def _checked(self, value: Any, place: str) -> str:
        if not isinstance(value, str) or isinstance(value, NumberLiteral):
            raise invalid("wrong-type", "Here belongs a string.", place)
        self._check_length(value, place)
        return value

    def _check_length(self, text: str, place: str) -> None:
        if len(text) > self._field_length:
            detail = f"The text is longer than {self._field_length} characters."
            raise invalid("text-too-long", detail, place)


def _members(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid("wrong-type", "Here belongs an object.", place)
    if isinstance(value, RepeatedMembers):
        raise invalid("repeated-member", "A member stands twice in this object.", place)
    return value
