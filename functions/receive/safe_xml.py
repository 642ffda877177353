"""Read XML from a sender as it arrives: no DTD, so no entities, no network and no files."""

from collections.abc import Callable
from typing import NoReturn, Protocol
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from functions.receive.refusal import Refused

MOST_ELEMENTS = 100_000
_LONGEST_TAG = 1024 * 1024
_TEXT_AT_ONCE = 64 * 1024


class XmlHandler(Protocol):
    """Names are `{namespace}local`, or `local` without one; text comes in pieces."""

    def start(self, name: str, attributes: dict[str, str]) -> object: ...

    def data(self, text: str) -> object: ...

    def end(self, name: str) -> object: ...


class XmlReader:
    """Feed it pieces of a document; raises Refused (400) for what is none, or tries something."""

    def __init__(
        self,
        handler: XmlHandler,
        *,
        max_depth: int,
        max_elements: int = MOST_ELEMENTS,
        place: str | None = None,
        encoding: str | None = None,
    ) -> None:
        """`encoding` is what the transport says: it counts more than the document's own word."""
        self._handler = handler
        self._max_depth = max_depth
        self._max_elements = max_elements
        self._place = place
        self._depth = self._elements = 0
        self._fed = self._seen = 0
        self._parser = parser = expat.ParserCreate(encoding, namespace_separator="}")
        parser.buffer_text = True
        parser.buffer_size = _TEXT_AT_ONCE
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.CommentHandler = self._other
        parser.ProcessingInstructionHandler = self._other

    def feed(self, data: bytes) -> None:
        self._fed += len(data)
        self._parse(lambda: self._parser.Parse(data, False))
        # A tag that never ends would be looked at from its beginning with every piece.
        if self._fed - self._seen > _LONGEST_TAG:
            raise self._refused("malformed-xml", "A tag or comment does not end.")

    def close(self) -> None:
        self._parse(lambda: self._parser.Parse(b"", True))

    def _parse(self, step: Callable[[], object]) -> None:
        try:
            step()
        except expat.ExpatError as exc:
            reason = expat.ErrorString(exc.code)
            detail = f"It is not XML: {reason} (line {exc.lineno}, column {exc.offset + 1})."
            raise self._refused("malformed-xml", detail) from None
        except (LookupError, ValueError):  # an encoding that Python does not know, or is not 8 bit
            raise self._refused("malformed-xml", "Its encoding is not known here.") from None

    def _doctype(self, *_: object) -> NoReturn:
        detail = "XML with a DOCTYPE is not taken. Send it without."
        raise self._refused("xml-doctype", detail)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen = self._fed
        self._depth += 1
        self._elements += 1
        if self._depth > self._max_depth:
            detail = f"The XML is nested more than {self._max_depth} levels deep."
            raise self._refused("xml-too-deep", detail)
        if self._elements > self._max_elements:
            detail = f"The XML has more than {self._max_elements} elements."
            raise self._refused("xml-too-large", detail)
        named = {_clark(key): value for key, value in attributes.items()}
        self._handler.start(_clark(name), named)

    def _end(self, name: str) -> None:
        self._seen = self._fed
        self._depth -= 1
        self._handler.end(_clark(name))

    def _data(self, text: str) -> None:
        self._seen = self._fed
        self._handler.data(text)

    def _other(self, *_: str) -> None:
        self._seen = self._fed

    def _refused(self, code: str, detail: str) -> Refused:
        return Refused(400, code, detail, place=self._place)


def read_xml(data: bytes, *, max_depth: int, place: str | None = None) -> Element:
    """The whole document as a tree. Raise Refused (400)."""
    builder = TreeBuilder()
    reader = XmlReader(builder, max_depth=max_depth, place=place)
    reader.feed(data)
    reader.close()
    return builder.close()


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name
