"""Our own format: the original, every file, the fields and, last of all, the manifest."""

from functions.forward.destination import Contents
from functions.forward.manifest import field_tree, files_of, manifest
from functions.forward.means import Means
from functions.forward.packing import Packed, file_part, json_part
from shared.domain.configuration.delivery_formats import Delivery

FIELDS = "fields.json"
MANIFEST = "manifest.json"


def pack_delivery(contents: Contents, settings: Delivery, means: Means) -> Packed:
    del settings, means
    files = list(files_of(contents))
    fields = json_part(FIELDS, field_tree(contents))
    sent = [file for file in files if not file.withheld]
    entries = [file.entry() for file in files]
    entries.append({"path": FIELDS, "kind": "fields", "size": fields.size, "sha256": fields.sha256})
    last = json_part(MANIFEST, manifest(contents, entries))
    return Packed(parts=(*map(file_part, sent), fields, last))
