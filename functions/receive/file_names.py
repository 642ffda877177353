"""Make the name a sender gave a file safe to show, to store and to write to a disk."""

import re
import unicodedata

MAX_BYTES = 200
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def safe_file_name(original: str | None, fallback: str) -> str:
    """The last component without control characters: never empty, hidden, a device or too long."""
    name = (original or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join("_" if unicodedata.category(c) in _INVISIBLE else c for c in name)
    name = _FORBIDDEN.sub("_", name).strip().lstrip(".").rstrip(". ")
    if not name:
        return fallback
    if _DEVICE.fullmatch(name):
        name = f"_{name}"
    return _shortened(name)


# Controls, format characters (a right-to-left override hides an extension), surrogates, separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _shortened(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > MAX_BYTES // 4:
        stem, dot, extension = name, "", ""
    room = MAX_BYTES - len(f"{dot}{extension}".encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + extension
