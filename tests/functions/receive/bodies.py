"""Multipart bodies as form servers send them, and limits to read them with."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

from functions.receive.delivery import FileWriter, Limits
from functions.receive.incoming import ByteStream, Headers
from functions.receive.proofs import Token
from shared.domain.configuration.senders import Sender
from shared.domain.submission import AttachmentKind, PartDigest

BOUNDARY = "----boundary-5f2a"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LIMITS = Limits(
    body=10_000_000, parts=50, file=5_000_000, form=1_000_000, depth=60, field_length=100_000
)


def a_form(*items: dict[str, Any], **control: Any) -> dict[str, Any]:
    return {
        "control": {
            "transactionId": "4e4b5a3c-0001",
            "zustaendigeStelle": "197008",
            "leikaIds": ["99050012104000"],
            "formId": "Gewerbeanmeldung",
            "name": "Antrag auf Gewerbeanmeldung",
            **control,
        },
        "formData": list(items) or [a_field()],
    }


def a_field(**members: Any) -> dict[str, Any]:
    return {"name": "nachname", "label": "Nachname", "stringValue": "Muster", **members}


def a_part(
    name: str | None,
    content: bytes | str,
    file_name: str | None = None,
    content_type: str | None = None,
) -> bytes:
    disposition = "form-data"
    if name is not None:
        disposition += f'; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    headers = [f"Content-Disposition: {disposition}"]
    if content_type is not None:
        headers.append(f"Content-Type: {content_type}")
    content = content.encode() if isinstance(content, str) else content
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + content


def a_body(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    delimiter = f"--{boundary}".encode()
    return b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


def form_part(form: dict[str, Any] | bytes | None = None) -> bytes:
    """As the one form server sends it: an untyped part without a file name."""
    data = form if isinstance(form, bytes) else json.dumps(form or a_form()).encode()
    return a_part("formData", data)


@dataclass
class StoredFile:
    kind: AttachmentKind
    name: str
    original_name: str | None
    media_type: str | None
    flags: tuple[str, ...]
    sent: PartDigest | None = None
    data: io.BytesIO = field(default_factory=io.BytesIO)
    state: str = "open"

    def write(self, data: bytes) -> None:
        self.data.write(data)

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"

    def describe(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
    ) -> None:
        self.kind, self.name, self.original_name = kind, name, original_name
        self.media_type, self.flags = media_type, flags


@dataclass
class ArrivalInMemory:
    """The port `Arrival`: everybody is its sender."""

    stream: ByteStream
    content_type: str | None
    sender: Sender
    headers: Headers = field(default_factory=dict[str, str])
    transaction_id: str | None = None
    token: Token | None = None

    def admit(self, token: Token | None) -> Sender:
        self.token = token
        return self.sender


class FilesInMemory:
    """The port `Files` without a store behind it."""

    def __init__(self) -> None:
        self.stored: list[StoredFile] = []

    def open(
        self,
        kind: AttachmentKind,
        *,
        name: str,
        original_name: str | None,
        media_type: str | None,
        flags: tuple[str, ...] = (),
        sent: PartDigest | None = None,
    ) -> FileWriter:
        self.stored.append(StoredFile(kind, name, original_name, media_type, flags, sent))
        return self.stored[-1]
