"""A form of no fixed format, read into fields: what every reader of a body returns."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from functions.receive.delivery import Limits
from functions.receive.refusal import Refused, invalid
from shared.domain.configuration.field_mapping import FieldMapping
from shared.domain.submission import FieldKind, FormField, PartDigest

ARRAY = "array"
"""Member of a group's `extra`: its items are rows and not members."""


@dataclass(frozen=True, slots=True)
class Form:
    """`original` is without what must not be stored; then `sent` tells what it was.

    `extra` is what stood around the fields.
    """

    fields: tuple[FormField, ...]
    original: bytes
    media_type: str
    sent: PartDigest | None = None
    flags: frozenset[str] = frozenset()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a reader has to keep to."""

    mapping: FieldMapping
    limits: Limits

    def ignores(self, path: str) -> bool:
        return path in self.mapping.ignore

    def in_utf_8(self) -> "Terms":
        return replace(self, mapping=self.mapping.model_copy(update={"charset": "utf_8"}))


class Fields:
    """Makes fields, and refuses one too many or too long."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._made = 0

    def value(
        self, name: str, kind: FieldKind, value: str | None, place: str, **extra: Any
    ) -> FormField:
        if value is not None and len(value) > self._limits.field_length:
            detail = f"The text is longer than {self._limits.field_length} characters."
            raise invalid("text-too-long", detail, place)
        self._count()
        return FormField(name=name, label=name, kind=kind, value=value, extra=extra)

    def group(self, name: str, items: Iterable[FormField], **extra: Any) -> FormField:
        self._count()
        return FormField(
            name=name, label=name, kind=FieldKind.GROUP, items=tuple(items), extra=extra
        )

    def _count(self) -> None:
        self._made += 1
        if self._made > self._limits.fields:
            raise too_many_fields(self._limits.fields)


def too_many_fields(limit: int) -> Refused:
    return Refused(413, "too-many-fields", f"The form has more than {limit} fields.")


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
