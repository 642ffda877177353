"""Text as the versions of the standard take it."""

import re
import unicodedata
from collections.abc import Callable

# What XML 1.0 cannot hold at all.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACED = "\ufffd"
# String.Latin 1.1, of which the text of 2.4.0 consists: letters, and eleven with a combining mark.
_LATIN = (
    "\t\n\r\u0020-\u007e\u00a1-\u00ac\u00ae-\u0107\u010a-\u011b\u011e-\u0123\u0126-\u0131"
    "\u0134-\u015b\u015e-\u016b\u016e-\u017e\u018f\u01a0-\u01a1\u01af-\u01b0\u01b7\u01cd-\u01d4"
    "\u01de-\u01df\u01e4-\u01f0\u01f4-\u01f5\u01fa-\u01ff\u0218-\u021b\u021e-\u021f\u022a-\u022b"
    "\u022e-\u0233\u0259\u0292\u1e02-\u1e03\u1e0a-\u1e0b\u1e10-\u1e11\u1e1e-\u1e21\u1e24-\u1e27"
    "\u1e30-\u1e31\u1e40-\u1e41\u1e44-\u1e45\u1e56-\u1e57\u1e60-\u1e63\u1e6a-\u1e6b\u1e80-\u1e85"
    "\u1e8e-\u1e93\u1e9e\u1ea0-\u1ea7\u1eaa-\u1eac\u1eae-\u1ec1\u1ec4-\u1ed3\u1ed6-\u1edd"
    "\u1ee4-\u1ef9\u20ac"
)
_NOT_LATIN = re.compile(f"(?:[MNmnDdLl]\u0302|J\u030c)|([^{_LATIN}])")
_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\u00ad": "",
    }
)

Clean = Callable[[str], str]


def xml_text(text: str) -> str:
    """Every character that XML can hold; U+FFFD for the others."""
    return _NOT_XML.sub(_REPLACED, text)


def latin_text(text: str) -> str:
    """As the text of version 2.4.0 has to be: without its mark where a letter has none there, and
    `?` where nothing is left. The form data are in the container as they were sent."""
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return _NOT_LATIN.sub(_nearest, plain)


def _nearest(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0]
    base = unicodedata.normalize("NFKD", found[1])[0]
    return base if re.fullmatch(f"[{_LATIN}]", base) else "?"


def clean_for(version: str) -> Clean:
    return latin_text if version.startswith("2.") else xml_text
