"""Where a delivery lies in a file store, as a template: `{authority}/{number}_{message_id}`."""

from collections.abc import Mapping
from datetime import datetime
from string import Formatter

PLACEHOLDERS = (
    "authority",
    "number",
    "message_id",
    "case_id",
    "round",
    "form_id",
    "leika_key",
    "received",
)


def name_template(template: str) -> str:
    """Raise ValueError if two messages would get the same name, or none at all."""
    segments = template.split("/")
    if not all(segments):
        raise ValueError("a path without a slash at its ends, and without two in a row")
    fields = [_fields(segment) for segment in segments]
    if "message_id" not in fields[-1]:
        raise ValueError("the last part needs {message_id}: two messages must not get one name")
    return template


def render(template: str, values: Mapping[str, str | datetime]) -> list[str]:
    """The segments, not made safe yet."""
    return [segment.format_map(values) for segment in template.split("/")]


def _fields(segment: str) -> list[str]:
    found = []
    try:
        parsed = list(Formatter().parse(segment))
    except ValueError:
        raise ValueError("every { needs its }, with a word between them") from None
    for _, name, spec, conversion in parsed:
        if name is None:
            continue
        if name not in PLACEHOLDERS:
            raise ValueError(f"there is no {{{name}}}, only {', '.join(PLACEHOLDERS)}")
        if conversion or (spec and name != "received"):
            raise ValueError("only {received:%Y-%m-%d} and the like may say how it is written")
        found.append(name)
    return found
