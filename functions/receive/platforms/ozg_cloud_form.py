"""The `formData` document of the OZG-Cloud intake, read into a Submission.

Its members are fixed; those that it does not name are kept. Two form servers are known to send it.
"""

import re
from datetime import date
from typing import Any, TypeVar

from functions.receive.delivery import MAX_TRANSACTION_ID, Arrival, Limits
from functions.receive.refusal import Refused, invalid
from functions.receive.strict_json import read_strictly
from shared.domain.exact_json import NumberLiteral, RepeatedMembers
from shared.domain.identifiers import LeikaKey, SenderId, UnitId, is_leika_key
from shared.domain.submission import FieldKind, FormField, Mailbox, ServiceAccount, Submission

T = TypeVar("T")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = frozenset(
    {"transactionId", "zustaendigeStelle", "leikaIds", "formId", "name", "serviceKonto"}
)
_VALUES: dict[str, tuple[FieldKind, type[Any], str]] = {
    "stringValue": (FieldKind.TEXT, str, "a string"),
    "numberValue": (FieldKind.NUMBER, NumberLiteral, "a number"),
    "dateValue": (FieldKind.DATE, str, "a date as yyyy-MM-dd"),
    "booleanValue": (FieldKind.BOOLEAN, bool, "true or false"),
    "formItems": (FieldKind.GROUP, list, "a list"),
}
_ITEM = frozenset({"name", "label", *_VALUES})


def read_form(data: bytes, limits: Limits, arrival: Arrival) -> Submission:
    """Raise `Refused`: 400 for what is not JSON, 422 for what does not keep to the contract."""
    root = read_strictly(data, max_depth=limits.depth, place="$")
    return _Form(limits.field_length, arrival).read(root)


class _Form:
    def __init__(self, field_length: int, arrival: Arrival) -> None:
        self._field_length = field_length
        self._arrival = arrival
        self._flags: set[str] = set()
        self._extra: dict[str, Any] = {}

    def read(self, root: Any) -> Submission:
        root = _members(root, "$")
        self._keep_unknown(root, frozenset({"control", "formData"}), "")
        control = _members(root.get("control"), "control")
        self._arrival.transaction_id = _transaction_id(control)
        fields = self._fields(root.get("formData"), "formData")
        leika_keys = self._leika_keys(control)
        account = self._service_account(control.get("serviceKonto"))
        self._keep_unknown(control, _CONTROL, "control.")
        return Submission(
            sender=SenderId(self._arrival.sender.id),
            transaction_id=self._arrival.transaction_id,
            form_id=self._text(control, "formId", "control"),
            form_name=self._text(control, "name", "control"),
            leika_keys=leika_keys,
            named_unit=UnitId(self._text(control, "zustaendigeStelle", "control") or "") or None,
            service_account=account,
            fields=fields,
            control_extra=self._extra,
            flags=tuple(sorted(self._flags)),
        )

    def _leika_keys(self, control: dict[str, Any]) -> tuple[LeikaKey, ...]:
        place = "control.leikaIds"
        keys = control.get("leikaIds")
        for position, key in enumerate(_typed(keys, list, "a list of strings", place) or ()):
            if _typed(key, str, "a string", f"{place}[{position}]") is None:
                raise _wrong_type("a string", f"{place}[{position}]")
            if not is_leika_key(key):
                self._flags.add("leika-key-malformed")
        return tuple(keys or ())

    def _service_account(self, value: Any) -> ServiceAccount | None:
        if value is None:
            return None
        place = "control.serviceKonto"
        account = _members(value, place)
        self._keep_unknown(account, _ACCOUNT, f"{place}.")
        return ServiceAccount(
            type=self._text(account, "type", place),
            assurance_level=self._text(account, "trustLevel", place),
            mailbox=self._mailbox(account.get("postfachAddress"), f"{place}.postfachAddress"),
        )

    def _mailbox(self, value: Any, place: str) -> Mailbox | None:
        if value is None:
            return None
        address = _members(value, place)
        self._keep_unknown(address, _ADDRESS, f"{place}.")
        identifier = self._text(address, "identifier", place)
        if identifier is None:
            raise _wrong_type("a string", f"{place}.identifier")
        kind = self._text(address, "type", place)
        return Mailbox(identifier=identifier, type=kind and kind.lower())

    def _fields(self, value: Any, place: str) -> tuple[FormField, ...]:
        items = _typed(value, list, "a list of fields", place)
        if items is None:
            raise _wrong_type("a list of fields", place)
        return tuple(self._field(item, f"{place}[{at}]") for at, item in enumerate(items))

    def _field(self, item: Any, place: str) -> FormField:
        item = _members(item, place)
        name = self._text(item, "name", place)
        label = self._text(item, "label", place)
        if name is None and label is None:
            raise invalid("member-missing", "A field needs a name.", f"{place}.name")
        if label is None:
            self._flags.add("label-missing")
        kind, value, items = self._value(item, place)
        extra = {member: item[member] for member in item.keys() - _ITEM}
        if extra:
            extra = {member: item[member] for member in item if member in extra}  # in its order
        return FormField(
            name=label or "" if name is None else name,
            label=name or "" if label is None else label,
            kind=kind,
            value=value,
            items=items,
            extra=extra,
        )

    def _value(
        self, item: dict[str, Any], place: str
    ) -> tuple[FieldKind, str | None, tuple[FormField, ...]]:
        given = [member for member in _VALUES if item.get(member) is not None]
        if len(given) > 1:
            given = [member for member in given if item[member] != []]
        if not given:
            return FieldKind.EMPTY, None, ()
        if len(given) > 1:
            detail = f"A field has at most one value; here are {' and '.join(given)}."
            raise invalid("several-values", detail, place)
        (member,) = given
        place = f"{place}.{member}"
        kind, expected, description = _VALUES[member]
        value = item[member]
        if not isinstance(value, expected) or (
            expected is str and isinstance(value, NumberLiteral)
        ):
            raise _wrong_type(description, place)
        if kind is FieldKind.GROUP:
            return kind, None, self._fields(value, place)
        if kind is FieldKind.BOOLEAN:
            return kind, "true" if value else "false", ()
        if kind is FieldKind.DATE:
            _check_date(value, place)
        self._check_length(value, place)
        return kind, str(value), ()

    def _text(self, members: dict[str, Any], member: str, place: str) -> str | None:
        text = _typed(members.get(member), str, "a string", f"{place}.{member}")
        if text is not None:
            self._check_length(text, f"{place}.{member}")
        return text

    def _check_length(self, text: str, place: str) -> None:
        if len(text) > self._field_length:
            detail = f"The text is longer than {self._field_length} characters."
            raise invalid("text-too-long", detail, place)

    def _keep_unknown(self, members: dict[str, Any], known: frozenset[str], prefix: str) -> None:
        for member, value in members.items():
            if member not in known:
                self._extra[f"{prefix}{member}"] = value


_ACCOUNT = frozenset({"type", "trustLevel", "postfachAddress"})
_ADDRESS = frozenset({"identifier", "type"})


def _transaction_id(control: dict[str, Any]) -> str:
    place = "control.transactionId"
    value = _typed(control.get("transactionId"), str, "a string", place)
    if value is None or not value.strip():
        raise invalid("member-missing", "An application needs a transaction id.", place)
    if len(value) > MAX_TRANSACTION_ID:
        detail = f"A transaction id has at most {MAX_TRANSACTION_ID} characters."
        raise invalid("text-too-long", detail, place)
    return value


def _members(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_type("an object", place)
    if isinstance(value, RepeatedMembers):
        raise invalid("repeated-member", "A member stands twice in this object.", place)
    return value


def _typed(value: Any, expected: type[T], description: str, place: str) -> T | None:
    if value is None:
        return None
    if not isinstance(value, expected) or isinstance(value, NumberLiteral):
        raise _wrong_type(description, place)
    return value


def _check_date(value: str, place: str) -> None:
    if not _DATE.fullmatch(value) or not _is_in_calendar(value):
        detail = "It is not a date of the calendar as yyyy-MM-dd. Send other text as stringValue."
        raise invalid("not-a-date", detail, place)


def _is_in_calendar(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _wrong_type(description: str, place: str) -> Refused:
    return invalid("wrong-type", f"Here belongs {description}.", place)
