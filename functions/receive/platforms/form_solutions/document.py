"""What a data set of Form-Solutions says, whatever its format, made into a Submission."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from functions.receive.platforms.form_solutions.secure_data import secure_data
from functions.receive.refusal import invalid
from shared.domain.configuration.form_solutions import Carriers, Form, FormSolutions
from shared.domain.configuration.senders import Sender
from shared.domain.exact_json import NotJson, read_json
from shared.domain.identifiers import LeikaKey, RegionKey, SenderId, UnitId, is_leika_key
from shared.domain.regions import is_ags, is_full_region
from shared.domain.submission import FormField, Submission

MAX_TRANSACTION_ID = 255
_FORM_OF_TRANSACTION = re.compile(r"([A-Z]+_[0-9A-Za-z]+)-.+")


@dataclass(frozen=True, slots=True)
class Document:
    """`secure_data` and `payload` as they came; `extra` is what the format does not name."""

    transaction_id: str
    form_id: str | None = None
    form_name: str | None = None
    fields: tuple[FormField, ...] = ()
    secure_data: Any = None
    payload: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()

    def with_file_url(self, url: Any) -> "Document":
        """It is kept and never fetched: whoever writes it would choose what we call."""
        flags = self.flags | {"file-url-not-fetched"}
        return replace(self, extra={**self.extra, "fileUrl": url}, flags=flags)


Known = Callable[[str], object]
"""Told the transaction id as soon as it is known, for the record of a refusal."""


def transaction_id_of(text: str | None, place: str, known: Known) -> str:
    """Raise Refused (422) if it is none."""
    if text is None or not text.strip():
        raise invalid("member-missing", "An application needs a transaction id.", place)
    if len(text) > MAX_TRANSACTION_ID:
        detail = f"A transaction id has at most {MAX_TRANSACTION_ID} characters."
        raise invalid("text-too-long", detail, place)
    known(text)
    return text


def submission_of(document: Document, sender: Sender) -> Submission:
    """What the document does not say itself, the sender's settings for its form do."""
    settings = sender.form_solutions or FormSolutions()
    form_id, flags = document.form_id, set(document.flags)
    if form_id is None and (found := _FORM_OF_TRANSACTION.fullmatch(document.transaction_id)):
        form_id = found[1]
        flags.add("form-from-transaction-id")
    form = settings.form(form_id) or Form(id="-")
    said = _Said(settings.carriers, document)
    account, group = secure_data(document.secure_data, flags)
    extra = dict(document.extra)
    if document.payload is not None:
        extra["payload"] = document.payload
    if document.secure_data is not None and group is None:
        extra["secureData"] = document.secure_data
    return Submission(
        sender=SenderId(sender.id),
        transaction_id=document.transaction_id,
        form_id=form_id,
        form_name=document.form_name or form.name,
        leika_keys=said.leika_keys(flags) or tuple(LeikaKey(key) for key in form.leika_keys),
        region=said.region(flags) or (RegionKey(form.region) if form.region else None),
        named_unit=UnitId(said.unit() or form.unit or "") or None,
        service_account=account,
        fields=document.fields if group is None else (*document.fields, group),
        control_extra=extra,
        flags=tuple(sorted(flags)),
    )


class _Said:
    """What the form's own fields, or what it was started with, say of where it belongs."""

    def __init__(self, carriers: Carriers, document: Document) -> None:
        self._carriers = carriers
        self._fields = document.fields
        self._payload = _members(document.payload)

    def unit(self) -> str | None:
        return self._value(self._carriers.unit)

    def region(self, flags: set[str]) -> RegionKey | None:
        value = self._value(self._carriers.region)
        if value is None or is_full_region(value) or is_ags(value):
            return None if value is None else RegionKey(value)
        flags.add("region-malformed")
        return None

    def leika_keys(self, flags: set[str]) -> tuple[LeikaKey, ...]:
        value = self._value(self._carriers.leika_key)
        if value is None or is_leika_key(value):
            return () if value is None else (LeikaKey(value),)
        flags.add("leika-key-malformed")
        return ()

    def _value(self, carrier: str | None) -> str | None:
        if carrier is None:
            return None
        for found in _all(self._fields):
            if carrier in (found.name, found.label) and (found.value or "").strip():
                return (found.value or "").strip()
        given = self._payload.get(carrier)
        return given.strip() or None if isinstance(given, str) else None


def _all(fields: Iterable[FormField]) -> Iterator[FormField]:
    for each in fields:
        yield each
        yield from _all(each.items)


def _members(payload: Any) -> dict[str, Any]:
    """What a form was started with: an object, or the text of one."""
    if isinstance(payload, str):
        try:
            payload = read_json(payload)
        except NotJson:
            return {}
    return payload if isinstance(payload, dict) else {}
