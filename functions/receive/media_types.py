"""What a file's first bytes say it is, and whether that contradicts what the sender says."""

from functools import cache

HEAD = 8192
"""How many bytes are looked at."""

UNKNOWN = "application/octet-stream"
_TEXT = "text/plain"
_TEXT_BASED = ("text/", "message/", "application/json", "application/xml", "application/javascript")
_ZIP_BASED = (
    "application/zip",
    "application/vnd.openxmlformats-officedocument",
    "application/vnd.oasis.opendocument",
    "application/vnd.ms-",  # of Office's newer formats with macros, and of its older ones
    "application/msword",
    "application/epub+zip",
    "application/java-archive",
)
_PROGRAMS = {"application/x-msdownload", "application/x-executable"}
_ALIASES = {
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "application/x-pdf": "application/pdf",
    "application/x-rtf": "application/rtf",
    "text/rtf": "application/rtf",
    "application/x-rar": "application/x-rar-compressed",
    "application/vnd.rar": "application/x-rar-compressed",
    "application/x-gzip": "application/gzip",
    "application/x-msdos-program": "application/x-msdownload",
    "application/vnd.microsoft.portable-executable": "application/x-msdownload",
}
# Text is made of printable characters and these: tab, line feed, form feed, carriage return.
_NOT_IN_TEXT = frozenset(range(32)) - frozenset(b"\t\n\f\r")


def detect(head: bytes) -> str | None:
    """None if nothing can be told. Never raises, whatever the bytes are."""
    if not head:
        return None
    if b"%PDF-" in head[:1024]:
        return "application/pdf"
    text = _is_text(head)
    guessed = _guess(head)
    # Two letters at its beginning make no picture and no program of a text ("BM", "MZ").
    if text and guessed != "application/rtf":
        return _TEXT
    return guessed


def contradict(declared: str | None, detected: str | None) -> bool:
    """Only where both are sure: of a type that could not have been detected nothing is said."""
    stated, found = _plain(declared), _plain(detected)
    if UNKNOWN in (stated, found) or stated == found:
        return False
    if found in _PROGRAMS:
        return True
    if _text_based(stated):
        return not _text_based(found)
    return stated in _detectable() and not _akin(stated, found)


def _guess(head: bytes) -> str | None:
    import filetype  # when the first file comes

    try:
        kind = filetype.guess(head)
    except Exception:  # noqa: BLE001 - a file that nobody can make sense of is no error
        return None
    return None if kind is None else str(kind.mime)


@cache
def _detectable() -> frozenset[str]:
    import filetype

    return frozenset(_plain(kind.mime) for kind in filetype.TYPES)


def _is_text(head: bytes) -> bool:
    """Also in one of the old encodings with a byte per character, and cut within a character."""
    return not _NOT_IN_TEXT.intersection(head)


def _plain(media_type: str | None) -> str:
    """Without parameters, in one spelling."""
    plain = (media_type or UNKNOWN).partition(";")[0].strip().lower()
    return _ALIASES.get(plain, plain) or UNKNOWN


def _text_based(media_type: str) -> bool:
    return media_type.startswith(_TEXT_BASED) or media_type.endswith(("+xml", "+json"))


def _akin(stated: str, found: str) -> bool:
    """Containers of one make, or two kinds of picture, sound or film: no reason to worry."""
    if stated.startswith(_ZIP_BASED) and found.startswith(_ZIP_BASED):
        return True
    kind = stated.partition("/")[0]
    return kind != "application" and kind == found.partition("/")[0]
