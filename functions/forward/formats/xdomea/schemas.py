"""Where the official schemas lie, which are not ours to ship."""

from pathlib import Path

ENTRY = "xdomea-Nachrichten-AbgabeDurchfuehren.xsd"
"""In the folder of its version; beside those, `xoev` has what they import."""


def schema_of(version: str, folder: Path | None) -> Path | None:
    return folder / version / ENTRY if folder is not None else None
