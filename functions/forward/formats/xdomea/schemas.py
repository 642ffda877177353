"""The official schemas, which are not ours to ship: read from a folder, once per process."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.forward.destination import NotDelivered, Refused

if TYPE_CHECKING:
    from lxml import etree

ENTRY = "xdomea-Nachrichten-AbgabeDurchfuehren.xsd"
"""In the folder of its version; beside those, `xoev` has what they import."""

_lock = threading.Lock()


def validate(message: bytes, version: str, folder: Path | None) -> None:
    """Raise Refused if the message does not keep to the schema, NotDelivered if that is missing."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    tree = etree.fromstring(message, parser)
    with _lock:  # what a schema found is kept in it
        schema = load_schema(version, folder)
        if schema.validate(tree):
            return
        first = schema.error_log[0]  # type: ignore[index]  # lxml-stubs lack it
    # Its messages quote values.
    raise Refused("invalid_message", reason=f"{first.path}: {first.type_name}")


def load_schema(version: str, folder: Path | None) -> "etree.XMLSchema":
    if folder is None or not (folder / version / ENTRY).is_file():
        raise NotDelivered("no_schemas")
    return _compiled(folder / version / ENTRY)


@lru_cache(maxsize=8)
def _compiled(path: Path) -> "etree.XMLSchema":
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.XMLSchema(etree.parse(path, parser))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, OSError):
        raise NotDelivered("bad_schemas") from None
