"""Read JSON from a sender: refuse what is not JSON, and what Postgres could not keep."""

import re
from typing import Any

from functions.receive.refusal import Refused, invalid
from shared.domain.exact_json import NotJson, read_json

# JSON may escape what no text column takes: NUL and halves of a surrogate pair.
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_strictly(data: bytes, *, max_depth: int, place: str) -> Any:
    """Return the tree, with numbers as `NumberLiteral`; raise `Refused` (400, or 422 for text)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        detail = f"It is not UTF-8: see byte {exc.start}."
        raise Refused(400, "malformed-json", detail, place=place) from None
    try:
        tree = read_json(text)
    except NotJson as exc:
        raise Refused(400, "malformed-json", str(exc), place=place) from None
    _check_depth(tree, max_depth, place)
    if _SUSPICIOUS_ESCAPE.search(text):
        _check_text(tree, place)
    return tree


def _check_depth(tree: Any, max_depth: int, place: str) -> None:
    level = [tree] if isinstance(tree, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > max_depth:
            detail = f"The JSON is nested more than {max_depth} levels deep."
            raise Refused(400, "json-too-deep", detail, place=place)
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]


def _check_text(tree: Any, place: str) -> None:
    if isinstance(tree, str):
        check_storable(tree, place)
    elif isinstance(tree, dict):
        for name, value in tree.items():
            check_storable(name, f"a member name in {place}")
            _check_text(value, f"{place}.{name}")
    elif isinstance(tree, list):
        for position, value in enumerate(tree):
            _check_text(value, f"{place}[{position}]")


def check_storable(text: str, place: str) -> None:
    """Raise `Refused` (422) for what no text column takes."""
    if _UNSTORABLE.search(text):
        detail = "The text contains NUL or half of a surrogate pair. Remove that character."
        raise invalid("text-not-storable", detail, place)
