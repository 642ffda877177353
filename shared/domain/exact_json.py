"""JSON text to values and back without losing a digit: numbers stay what was written."""

import json
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Any, NoReturn


class NumberLiteral(str):
    """A number exactly as it was written: `1E400`, `-0` and 5,000 digits survive."""

    __slots__ = ()


class RepeatedMembers(dict[str, Any]):
    """An object in which a name stood twice; the last value is the one that is kept."""


class NotJson(ValueError):
    """Its text says what is wrong and where, and quotes nothing."""


def read_json(text: str) -> Any:
    """Raise NotJson; NaN and Infinity, which Python would take, are none, nor is endless depth."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        raise NotJson(f"{exc.msg} (line {exc.lineno}, column {exc.colno}).") from None
    except RecursionError:
        raise NotJson("It is nested too deeply.") from None


def write_json(tree: Any) -> str:
    """The shortest text; members keep their order, characters are not escaped."""
    out: list[str] = []
    _write(tree, out.append)
    return "".join(out)


def _write(tree: Any, out: Callable[[str], None]) -> None:
    if isinstance(tree, NumberLiteral):
        out(tree)
    elif isinstance(tree, str):
        out(encode_basestring(tree))
    elif isinstance(tree, dict):
        _write_object(tree, out)
    elif isinstance(tree, list | tuple):
        separator = "["
        for value in tree:
            out(separator)
            _write(value, out)
            separator = ","
        out("]" if tree else "[]")
    else:
        out(json.dumps(tree, allow_nan=False))


def _write_object(members: dict[str, Any], out: Callable[[str], None]) -> None:
    separator = "{"
    for name, value in members.items():
        out(f"{separator}{encode_basestring(name)}:")
        _write(value, out)
        separator = ","
    out("}" if members else "{}")


def _refuse_constant(_literal: str) -> NoReturn:
    raise NotJson("NaN and Infinity are not JSON.")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else RepeatedMembers(members)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_float=NumberLiteral,
    parse_int=NumberLiteral,
    parse_constant=_refuse_constant,
)
