"""JSON in pieces, of which long strings at chosen places go elsewhere and never lie in memory."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from functions.receive.refusal import Refused, too_large

Place = tuple[str | int, ...]
StringWriter = Callable[[bytes], object]
OpenString = Callable[[Place, dict[str, str]], StringWriter | None]
"""Given where a string stands and what its object held before; None leaves it where it is."""

_STRUCTURE = re.compile(rb'["{}\[\],:]')
_IN_STRING = re.compile(rb'["\\]')
_ESCAPES = {b"/": b"/", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b'"': b'"'}
_LONGEST_NAME = 1024
_TAKEN_OUT = b"true"


@dataclass(slots=True)
class _Container:
    is_object: bool
    name: str | int = 0
    expects_name: bool = True
    members: dict[str, str] = field(default_factory=dict)


class JsonSieve:
    """What is left has `true` in place of each string that was taken out; read it strictly."""

    def __init__(self, open_string: OpenString, *, limit: int, max_depth: int) -> None:
        self._open_string = open_string
        self._limit = limit
        self._max_depth = max_depth
        self._stack: list[_Container] = []
        self._string: bytearray | None = None  # of a string that stays: its beginning
        self._writer: StringWriter | None = None
        self._escape = b""
        self.rest = bytearray()

    def feed(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            if self._escape:
                at = self._escaped(data, at)
            elif self._string is not None or self._writer is not None:
                at = self._within_string(data, at)
            else:
                at = self._outside(data, at)

    def _outside(self, data: bytes, at: int) -> int:
        found = _STRUCTURE.search(data, at)
        if found is None:
            self._keep(data[at:])
            return len(data)
        character = found[0]
        self._keep(data[at : found.start()])
        if character == b'"':
            self._begin_string()
        else:
            self._keep(character)
            self._structure(character)
        return found.end()

    def _structure(self, character: bytes) -> None:
        top = self._stack[-1] if self._stack else None
        if character in (b"{", b"["):
            if len(self._stack) >= self._max_depth:
                detail = f"The JSON is nested more than {self._max_depth} levels deep."
                raise Refused(400, "json-too-deep", detail)
            self._stack.append(_Container(is_object=character == b"{"))
        elif top is None:
            return  # not JSON: whoever reads the rest says so
        elif character in (b"}", b"]"):
            self._stack.pop()
        elif character == b":":
            top.expects_name = False
        elif isinstance(top.name, int) and not top.is_object:
            top.name += 1
        else:
            top.expects_name = True

    def _begin_string(self) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and not (top.is_object and top.expects_name):
            place = tuple(each.name for each in self._stack)
            self._writer = self._open_string(place, top.members)
        if self._writer is not None:
            self._keep(_TAKEN_OUT)
        else:
            self._keep(b'"')
            self._string = bytearray()

    def _within_string(self, data: bytes, at: int) -> int:
        found = _IN_STRING.search(data, at)
        end = len(data) if found is None else found.start()
        self._pass_on(data[at:end])
        if found is None:
            return end
        if found[0] == b"\\":
            self._escape = b"\\"
        else:
            self._end_string()
        return found.end()

    def _escaped(self, data: bytes, at: int) -> int:
        self._escape += data[at : at + 1]
        if self._escape[1:2] == b"u" and len(self._escape) < 6:
            return at + 1
        escape, self._escape = self._escape, b""
        self._pass_on(escape if self._writer is None else _unescaped(escape))
        return at + 1

    def _pass_on(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer(data)
            return
        self._keep(data)
        if self._string is not None and len(self._string) <= _LONGEST_NAME:
            self._string += data[: _LONGEST_NAME + 1]

    def _end_string(self) -> None:
        if self._writer is not None:
            self._writer = None
            return
        self._keep(b'"')
        text, self._string = bytes(self._string or b""), None
        top = self._stack[-1] if self._stack else None
        if top is not None and top.is_object:
            value = _text(text)
            if top.expects_name:
                top.name = value
            elif isinstance(top.name, str):
                top.members[top.name] = value

    def _keep(self, data: bytes) -> None:
        if len(self.rest) + len(data) > self._limit:
            raise too_large("The form data", self._limit)
        self.rest += data


def _text(literal: bytes) -> str:
    try:
        return str(json.loads(b'"%b"' % literal))
    except ValueError:  # too long, or no JSON
        return ""


def _unescaped(escape: bytes) -> bytes:
    if escape[1:2] == b"u":
        return chr(int(escape[2:], 16)).encode("utf-8", "replace") if _is_hex(escape[2:]) else b"?"
    return _ESCAPES.get(escape[1:], b"?")


def _is_hex(digits: bytes) -> bool:
    return re.fullmatch(rb"[0-9A-Fa-f]{4}", digits) is not None
