"""In which charset a form's bytes are, and its text: never guessed, never replaced."""

import re

from functions.receive.refusal import Refused, invalid
from functions.receive.strict_json import check_storable
from shared.domain.configuration.field_mapping import charset_named

CHARSET_FIELD = "_charset_"
"""By this name HTML forms tell the charset of the others."""

_PARAMETER = re.compile(r""";\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]+))""", re.IGNORECASE)


def charset_of(content_type: str | None) -> str | None:
    """What the parameter charset says. Raise Refused (415) if no form can be read in it."""
    found = _PARAMETER.search(content_type or "")
    return known_charset(found[1] or found[2] or "", "Content-Type") if found else None


def without_charset(content_type: str) -> str:
    return _PARAMETER.sub("", content_type)


def known_charset(name: str, place: str) -> str:
    try:
        return charset_named(name)
    except ValueError:
        detail = "This charset is not taken for forms. Send UTF-8, or another that contains ASCII."
        raise Refused(415, "charset-unknown", detail, place=place) from None


def decoded(data: bytes, charset: str, place: str) -> str:
    """Raise Refused (422) for what is no text in this charset, or cannot be stored."""
    try:
        text = data.decode(charset)
    except UnicodeError:
        detail = f"It is not {_shown(charset)}. Say which charset it is, or send what was declared."
        raise invalid("text-not-decodable", detail, place) from None
    check_storable(text, place)
    return text


def in_charset(media_type: str, charset: str) -> str:
    """As a Content-Type has it, so that an original can be read without the settings of its day."""
    return f"{media_type}; charset={_shown(charset)}"


def _shown(charset: str) -> str:
    return charset.replace("_", "-")
