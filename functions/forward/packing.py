"""The packing list of a file store: which files to write, in which order, with which bytes.

The list is what is frozen. Small files stand in it; those in the object store are named by key and
hash and never change there. So every attempt writes the same bytes, whatever else has changed.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict

from functions.forward.destination import Contents, verified
from functions.forward.manifest import File
from shared.domain.configuration.name_template import render
from shared.domain.exact_json import write_json
from shared.ports import ObjectStore

LONGEST = 120
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")


class Part(BaseModel):
    """One file to write: its bytes are `content` (Base64), or an object of ours."""

    model_config = ConfigDict(frozen=True)

    path: str
    media_type: str | None = None
    size: int
    sha256: str
    content: str | None = None
    object_key: str | None = None

    def pieces(self, objects: ObjectStore) -> Iterator[bytes]:
        """Raise Damaged if the object is not what was received."""
        if self.object_key is None:
            yield base64.b64decode(self.content or "")
        else:
            yield from verified(objects, self.object_key, self.size, self.sha256)


@dataclass(frozen=True, slots=True)
class Packed:
    """What a format makes of a case. With the last part, all is there.

    With a `name` it is one file of that name, and that file is the only part; else a folder.
    """

    parts: tuple[Part, ...]
    name: str | None = None


class PackingList(BaseModel):
    """`folder` is where the delivery `name` lies; it is a folder of its own, or a single file."""

    model_config = ConfigDict(frozen=True)

    folder: str
    name: str
    parts: tuple[Part, ...]
    single: bool = False

    @property
    def last(self) -> Part:
        return self.parts[-1]


def pack(contents: Contents, packed: Packed, template: str) -> bytes:
    *folders, name = [safe_segment(each) for each in render(template, _values(contents))]
    packing_list = PackingList(
        folder="/".join(folders),
        name=packed.name or name,
        parts=packed.parts,
        single=packed.name is not None,
    )
    document = packing_list.model_dump(exclude_none=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _values(contents: Contents) -> dict[str, str | datetime]:
    case = contents.case
    return {
        "authority": case.authority or "",
        "number": case.number,
        "message_id": str(contents.message_id),
        "case_id": str(case.id),
        "round": str(case.round),
        "form_id": case.form_id or "-",
        "leika_key": case.leika_keys[0] if case.leika_keys else "-",
        "received": case.received_at.astimezone(UTC),
    }


def unpack(body: bytes) -> PackingList:
    return PackingList.model_validate_json(body)


def safe_segment(name: str) -> str:
    """One folder's or file's name, as every file store takes it. One that has to be changed stays
    different by a piece of its hash."""
    safe = _UNSAFE.sub("_", name).lstrip(".").rstrip(".")[:LONGEST] or "_"
    if _DEVICE.fullmatch(safe):
        safe = f"_{safe}"
    return safe if safe == name else f"{safe}-{sha256(name.encode()).hexdigest()[:8]}"


def ascii_name(name: str) -> str:
    """For where only letters, digits and a few signs go: umlauts are spelled out."""
    spelled = unicodedata.normalize("NFC", name).translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("_", plain).strip("._")[:60] or "Dokument"


def file_part(file: File) -> Part:
    content = None if file.data is None else base64.b64encode(file.data).decode()
    return Part(
        path=file.path,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        content=content,
        object_key=file.object_key,
    )


def json_part(path: str, tree: Any) -> Part:
    return bytes_part(path, f"{write_json(tree)}\n".encode(), "application/json")


def bytes_part(path: str, data: bytes, media_type: str) -> Part:
    return Part(
        path=path,
        media_type=media_type,
        size=len(data),
        sha256=sha256(data).hexdigest(),
        content=base64.b64encode(data).decode(),
    )
