"""Go through a message of any size: what stands under its root, one after the other, then gone."""

from collections.abc import Iterator
from typing import IO, NoReturn
from xml.parsers import expat

from lxml import etree

from infra.directory.errors import DirectoryFileError
from infra.directory.xzufi.elements import Element, local_name

NAMESPACES = ("http://xoev.de/schemata/xzufi/2_2_0", "http://xoev.de/schemata/xzufi/2_1_0")

_PIECE = 256 * 1024
_LONGEST_HEAD = 1024 * 1024
_LONGEST_ENTRY = 32 * 1024 * 1024
_NOTHING_CHANGED = "Nothing was changed. Have the file sent again or mended, then import it."


def children_of_root(stream: IO[bytes]) -> Iterator[Element]:
    """Each is complete, and gone as soon as the next one is asked for."""
    head, root_name = _head(stream)
    parser = etree.XMLPullParser(
        events=("start",),
        tag=root_name,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        parser.feed(head)
        root: Element = next(_elements(parser))
        waiting = 0
        while piece := stream.read(_PIECE):
            parser.feed(piece)
            waiting = len(piece) if len(root) > 1 else waiting + len(piece)
            yield from _finished(root, len(root) - 1)  # another one follows what is complete
            if waiting > _LONGEST_ENTRY:
                raise _too_long(root)
        parser.close()
    except etree.XMLSyntaxError as exc:
        raise _broken(exc.msg or "", exc.lineno) from None
    yield from _finished(root, len(root))


def _elements(parser: etree.XMLPullParser) -> Iterator[Element]:
    return (given for _, given in parser.read_events() if isinstance(given, etree._Element))


def _finished(root: Element, complete: int) -> Iterator[Element]:
    for element in list(root)[: max(complete, 0)]:
        yield element
        element.clear()  # first: taking it out full costs the square of what it holds
        root.remove(element)


def _head(stream: IO[bytes]) -> tuple[bytes, str]:
    """As much as it takes to know the root: nothing is built of what may not be read."""
    names: list[str] = []
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda name, _: names.append(name)
    head = b""
    while not names:
        piece = stream.read(_PIECE)
        head += piece
        try:
            parser.Parse(piece, not piece)
        except expat.ExpatError as exc:
            if not names:
                raise _broken(expat.ErrorString(exc.code), exc.lineno) from None
        except (LookupError, ValueError):
            raise DirectoryFileError("Its encoding is not known here. Save it in UTF-8.") from None
        if not names and len(head) > _LONGEST_HEAD:
            raise DirectoryFileError(
                "There is no element in its first MiB: it is no XZuFi message."
            )
    return head, _checked(names[0])


def _checked(root: str) -> str:
    namespace, _, name = root.rpartition("}")
    if namespace not in NAMESPACES:
        found = f"the namespace {namespace}" if namespace else "no namespace"
        raise DirectoryFileError(
            f"Its root {name} has {found}, which is not read: only XZuFi 2.1 and 2.2 are "
            f"({' and '.join(NAMESPACES)}). Ask whoever provides the feed for one of those."
        )
    return f"{{{namespace}}}{name}"


def _refuse_doctype(*_: object) -> NoReturn:
    raise DirectoryFileError("It has a DOCTYPE, which no XZuFi message has. Have it sent without.")


def _too_long(root: Element) -> DirectoryFileError:
    name = local_name(root[-1] if len(root) else root)
    return DirectoryFileError(
        f"One {name} goes on for {_LONGEST_ENTRY // 1024**2} MiB: this is no transfer message, "
        f"whose entries each stand in a schreibe of their own. {_NOTHING_CHANGED}"
    )


def _broken(reason: str, line: int | None) -> DirectoryFileError:
    return DirectoryFileError(f"It is no complete XML (line {line}: {reason}). {_NOTHING_CHANGED}")
