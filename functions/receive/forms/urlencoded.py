"""Forms as `application/x-www-form-urlencoded`: names and values in the order they were sent."""

import re
from urllib.parse import unquote_to_bytes

from functions.receive.forms.charsets import CHARSET_FIELD, decoded, in_charset, known_charset
from functions.receive.forms.form import Fields, Form, Terms, too_many_fields
from functions.receive.refusal import invalid
from shared.domain.submission import FieldKind, FormField, PartDigest

MEDIA_TYPE = "application/x-www-form-urlencoded"
_HALF_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read_urlencoded(data: bytes, charset: str, terms: Terms) -> Form:
    """Raise Refused (413, 422). A name that stands twice is two fields; a semicolon is data."""
    if data.count(b"&") > terms.limits.fields:
        raise too_many_fields(terms.limits.fields)
    pairs = [_Pair(segment) for segment in data.split(b"&") if segment]
    charset = _charset_within(pairs) or charset
    fields = Fields(terms.limits)
    kept: list[FormField] = []
    written: list[bytes] = []
    for number, pair in enumerate(pairs, 1):
        name = decoded(_plain(pair.name, f"field {number}"), charset, f"the name of field {number}")
        if not terms.ignores(name):
            written.append(pair.written)
            if name != CHARSET_FIELD:
                place = name or f"field {number}"
                value = decoded(_plain(pair.value, place), charset, place)
                kept.append(fields.value(name, FieldKind.TEXT, value, place))
    whole = len(written) == len(pairs)
    return Form(
        tuple(kept),
        data if whole else b"&".join(written),
        in_charset(MEDIA_TYPE, charset),
        None if whole else PartDigest.of(data),
        frozenset() if all(field.name for field in kept) else frozenset({"field-unnamed"}),
    )


class _Pair:
    def __init__(self, written: bytes) -> None:
        self.written = written
        self.name, _, self.value = written.partition(b"=")


def _charset_within(pairs: list[_Pair]) -> str | None:
    for pair in pairs:
        if pair.name == CHARSET_FIELD.encode() and pair.value:
            return known_charset(pair.value.decode("latin-1"), CHARSET_FIELD)
    return None


def _plain(written: bytes, place: str) -> bytes:
    """A sender that does not escape would sooner or later lose a `&` or `+`: better told now."""
    if _HALF_ESCAPE.search(written):
        detail = "A percent sign is no escape. Send one in a value as %25."
        raise invalid("bad-escape", detail, place)
    return unquote_to_bytes(written.replace(b"+", b" "))
