"""Distinguished names: when two are the same, and when one lies below the other."""

import re

Name = tuple[tuple[str, str, str], ...]
"""A distinguished name in a form that can be compared: attribute, value, separator of each part."""

# More lenient than ldap3's own, which refuses names that servers do have (an `=` in a value).
_PART = re.compile(r"\s*([A-Za-z0-9.-]+)\s*=\s*((?:\\.|[^\\,+])*)([,+]|\Z)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)


def comparable(dn: str) -> Name | None:
    """None if it is no distinguished name. Case and kind of escaping make no difference."""
    parts = []
    end, separator = 0, ","
    while separator:
        part = _PART.match(dn, end)
        if part is None:
            return None
        attribute, value, separator = part.groups()
        parts.append((attribute.lower(), _plain(value), separator))
        end = part.end()
    return tuple(parts)


def is_within(name: Name, base: Name) -> bool:
    return len(base) <= len(name) and name[len(name) - len(base) :] == base


def _plain(value: str) -> str:
    raw = _ESCAPED.sub(_unescaped, value.rstrip(" ").encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape").casefold()


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped
