"""A JSON value as what a field holds."""

from typing import Any

from shared.domain.exact_json import NumberLiteral
from shared.domain.submission import FieldKind


def scalar(value: Any) -> tuple[FieldKind, str | None] | None:
    """None for what is no single value."""
    if value is None:
        return FieldKind.EMPTY, None
    if isinstance(value, bool):
        return FieldKind.BOOLEAN, "true" if value else "false"
    if isinstance(value, NumberLiteral):
        return FieldKind.NUMBER, str(value)
    return (FieldKind.TEXT, value) if isinstance(value, str) else None
