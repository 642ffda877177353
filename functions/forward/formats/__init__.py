"""What file stores are given: a new format is a module, a settings class and a line here."""

from collections.abc import Callable
from typing import Any

from functions.forward.destination import Checked, Contents
from functions.forward.formats.delivery import pack_delivery
from functions.forward.formats.mapped_xml import pack_mapped_xml
from functions.forward.formats.schemas import load_schema
from functions.forward.formats.xdomea import pack_xdomea
from functions.forward.formats.xdomea.schemas import schema_of
from functions.forward.means import Means
from functions.forward.packing import Packed
from functions.forward.trying import tried
from shared.domain.configuration.xdomea import Xdomea
from shared.domain.configuration.xml_mapping import MappedXml


def check_format(settings: Any, means: Means) -> Checked | None:
    """What a format needs beside the case; None if nothing."""
    if isinstance(settings, Xdomea):
        path = schema_of(settings.version, means.xdomea_schemas)
    elif isinstance(settings, MappedXml) and settings.xsd is not None:
        root = means.schemas_root
        path = root / settings.xsd if root is not None else None
    else:
        return None
    text = "what messages are checked against can be read"
    return tried("schemas", text, lambda: load_schema(path))


FORMATS: dict[str, Callable[[Contents, Any, Means], Packed]] = {
    "delivery": pack_delivery,
    "xdomea": pack_xdomea,
    "xml": pack_mapped_xml,
}
