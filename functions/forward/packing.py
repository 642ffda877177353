"""The packing list of a file store: which files to write, in which order, with which bytes.

The list is what is frozen. Small files stand in it; those in the object store are named by key and
hash and never change there. So every attempt writes the same bytes, whatever else has changed.
"""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict

from functions.forward.destination import Contents, verified
from functions.forward.manifest import File
from shared.domain.exact_json import write_json
from shared.ports import ObjectStore

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


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


def pack(contents: Contents, packed: Packed) -> bytes:
    packing_list = PackingList(
        folder=safe_segment(contents.case.authority or ""),
        name=packed.name or f"{contents.case.number}_{contents.message_id}",
        parts=packed.parts,
        single=packed.name is not None,
    )
    document = packing_list.model_dump(exclude_none=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(body: bytes) -> PackingList:
    return PackingList.model_validate_json(body)


def safe_segment(name: str) -> str:
    """One folder's name. An id with other characters stays different by a piece of its hash."""
    safe = _UNSAFE.sub("_", name).lstrip(".") or "_"
    return safe if safe == name else f"{safe}-{sha256(name.encode()).hexdigest()[:8]}"


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
