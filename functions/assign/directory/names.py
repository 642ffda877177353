"""Distinguished names: when two are the same, and when one lies below the other."""

import re

from ldap3.core.exceptions import LDAPInvalidDnError
from ldap3.utils.dn import parse_dn

Name = tuple[tuple[str, str, str], ...]
"""A distinguished name in a form that can be compared: attribute, value, separator of each part."""

_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2}|[^0-9A-Fa-f])")


def comparable(dn: str) -> Name | None:
    """None if it is no distinguished name. Case and kind of escaping make no difference."""
    try:
        parts = parse_dn(dn, strip=True)
    except LDAPInvalidDnError:
        return None
    return tuple((attribute.lower(), _plain(value), sep) for attribute, value, sep in parts)


def is_within(name: Name, base: Name) -> bool:
    return len(base) <= len(name) and name[len(name) - len(base) :] == base


def _plain(value: str) -> str:
    raw = _ESCAPED.sub(_unescaped, value.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape").casefold()


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped
