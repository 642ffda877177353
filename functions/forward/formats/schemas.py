"""XML Schemas that an operator provides: read once per process, asked without network."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.forward.destination import NotDelivered, Refused

if TYPE_CHECKING:
    from lxml import etree

_lock = threading.Lock()


def validate(document: bytes, path: Path | None) -> None:
    """Raise Refused if it does not keep to the schema, NotDelivered if that cannot be read."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    tree = etree.fromstring(document, parser)
    with _lock:  # what a schema found is kept in it
        schema = load_schema(path)
        if schema.validate(tree):
            return
        first = schema.error_log[0]  # type: ignore[index]  # lxml-stubs lack it
    # Its messages quote values.
    raise Refused("invalid_message", reason=f"{first.path}: {first.type_name}")


def load_schema(path: Path | None) -> "etree.XMLSchema":
    if path is None or not path.is_file():
        raise NotDelivered("no_schemas")
    return _compiled(path)


@lru_cache(maxsize=64)
def _compiled(path: Path) -> "etree.XMLSchema":
    from lxml import etree

    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.XMLSchema(etree.parse(path, parser))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, OSError):
        raise NotDelivered("bad_schemas") from None
