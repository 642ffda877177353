"""Secrets are references in the configuration: `env:NAME` or `file:/path`, never values."""

import os
from pathlib import Path

from shared.domain.errors import Unavailable


def resolve(reference: str) -> str:
    """The secret behind a reference, without the newline at a file's end.

    Raise Unavailable, naming the reference, if it is not there (it may yet be mounted).
    """
    kind, _, where = reference.partition(":")
    try:
        if kind == "env":
            return os.environ[where]
        return Path(where).read_text(encoding="utf-8").rstrip("\n")
    except (KeyError, OSError, ValueError):  # ValueError: not UTF-8, or no path
        raise Unavailable(f"secret {reference} is not there, or no text") from None
