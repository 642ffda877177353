"""Distinguished names: when two are the same, and when one lies below the other."""

import re
import unicodedata

Name = tuple[tuple[str, str, str], ...]
"""A distinguished name in a form that can be compared: attribute, value, separator of each part."""

# More lenient than ldap3's own, which refuses names that servers do have (an `=` in a value).
_PART = re.compile(
    r""" *([A-Za-z0-9.-]+) *= *+("(?:\\.|[^"\\])*" *|(?:\\.|[^\\,;+"])*)([,;+]|\Z)""", re.DOTALL
)
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
# Also what is special only at the beginning or the end, and bytes that are no text.
_SPECIAL = re.compile(r'^[ #]| \Z|[,+"\\<>;=]|[\x00-\x1f\udc80-\udcff]')
_PRINTED = ' #,+"\\<>;='
_BINARY = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")


def comparable(dn: str) -> Name | None:
    """None if it is no distinguished name. Case and kind of escaping make no difference."""
    parts = _parts(dn)
    if parts is None:
        return None
    return tuple((attribute.lower(), _folded(value), end) for attribute, value, end in parts)


def written(dn: str) -> str | None:
    """As Active Directory writes it, whatever it was typed like; None as above."""
    parts = _parts(dn)
    if parts is None:
        return None
    return "".join(f"{attribute}={_escaped(value)}{end}" for attribute, value, end in parts)


def is_within(name: Name, base: Name) -> bool:
    return len(base) <= len(name) and name[len(name) - len(base) :] == base


def _parts(dn: str) -> list[tuple[str, str, str]] | None:
    """Attribute, plain value, and what follows."""
    parts = []
    end, separator = 0, ","
    while separator:
        part = _PART.match(dn, end)
        if part is None:
            return None
        attribute, value, separator = part.groups()
        # Older ones have semicolons between their parts.
        separator = "," if separator == ";" else separator
        raw = _raw(_without_padding(value))
        parts.append((attribute, raw.decode("utf-8", "surrogateescape"), separator))
        end = part.end()
    return parts


def _folded(value: str) -> str:
    """As directories compare: how much space there is, and of which kind, does not count.

    Not with casefold: `Strasse` and `Straße` are two names.
    """
    return " ".join(unicodedata.normalize("NFC", value).split()).lower()


def _escaped(value: str) -> str:
    return _SPECIAL.sub(_escape, value)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _PRINTED:
        return f"\\{character}"
    return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))


def _without_padding(value: str) -> str:
    """The last space may be an escaped one."""
    stripped = value.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if backslashes % 2 else stripped


def _raw(value: str) -> bytes:
    binary = _BINARY.fullmatch(value)
    if binary is not None:
        return _content(bytes.fromhex(binary[1]))
    quoted = value[1:-1] if value.startswith('"') else value
    return _ESCAPED.sub(_unescaped, quoted.encode("utf-8", "surrogateescape"))


def _content(ber: bytes) -> bytes:
    """Of a BER value: without its tag and length, which is one byte or, if long, says how many."""
    length = ber[1] if len(ber) > 1 else 0
    return ber[2 + (length & 0x7F if length & 0x80 else 0) :]


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped
