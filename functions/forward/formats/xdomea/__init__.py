"""xdomea: a case as message Abgabe.Abgabe.0401, validated, in a container with its documents."""

from functions.forward.destination import Contents
from functions.forward.formats.schemas import validate
from functions.forward.formats.xdomea.container import store_container
from functions.forward.formats.xdomea.documents import documents_of
from functions.forward.formats.xdomea.message import write_message
from functions.forward.formats.xdomea.schemas import schema_of
from functions.forward.means import Means
from functions.forward.packing import Packed, Part
from shared.domain.configuration.xdomea import Xdomea

MESSAGE = "Abgabe.Abgabe.0401"


def pack_xdomea(contents: Contents, settings: Xdomea, means: Means) -> Packed:
    """Raise Refused if it does not keep to the schemas, NotDelivered if they are not there."""
    documents = documents_of(contents)
    message = write_message(contents, documents, settings)
    validate(message, schema_of(settings.version, means.xdomea_schemas))
    name = f"{contents.message_id}_{MESSAGE}"
    stored = store_container(contents, f"{name}.xml", message, documents, means.objects)
    part = Part(
        path=f"{name}.zip",
        media_type="application/zip",
        size=stored.size,
        sha256=stored.sha256,
        object_key=stored.key,
    )
    return Packed(parts=(part,), name=part.path)
