"""Write entries and changes as LDIF."""

import re
from base64 import b64encode
from collections.abc import Sequence

Value = str | bytes
Attributes = dict[str, list[Value]]

# Narrower than the format: the rest is written in base64.
_PLAIN = re.compile(rb"[!-9;=-~]([ -~]*[!-~])?")


def present(**values: Value | None) -> Attributes:
    """One value each; those that are None are left out."""
    return {name: [value] for name, value in values.items() if value is not None}


def entry(dn: str, attributes: Attributes) -> str:
    return _record(dn, _lines(attributes))


def addition(dn: str, attributes: Attributes) -> str:
    return _record(dn, ["changetype: add", *_lines(attributes)])


def replacement(dn: str, attributes: Attributes) -> str:
    lines = ["changetype: modify"]
    for name, values in attributes.items():
        lines += [f"replace: {name}", *(_line(name, value) for value in values), "-"]
    return _record(dn, lines)


def deletion(dn: str) -> str:
    return _record(dn, ["changetype: delete"])


def _lines(attributes: Attributes) -> list[str]:
    return [_line(name, value) for name, values in attributes.items() for value in values]


def _record(dn: str, lines: Sequence[str]) -> str:
    return "\n".join([_line("dn", dn), *lines, "\n"])


def _line(name: str, value: Value) -> str:
    raw = value.encode() if isinstance(value, str) else value
    if _PLAIN.fullmatch(raw):
        return f"{name}: {raw.decode()}"
    return f"{name}:: {b64encode(raw).decode()}"
