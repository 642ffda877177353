"""Addresses and paths, as they may be declared."""

from pathlib import PurePosixPath
from urllib.parse import urlsplit


def path_inside(path: str) -> str:
    """Raise ValueError if it may lead elsewhere than below where it begins."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in path:
        raise ValueError("a relative path without '..': the operator mounts where it begins")
    return path


def web_address(url: str) -> str:
    """Raise ValueError if it is none, or holds a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("an address that begins with https:// (or http://)")
    if parts.username is not None:
        raise ValueError("an address without a password in it")
    return url
