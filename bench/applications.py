"""What is sent: the demo's trade registration under ever new transaction ids, as prepared bytes."""

import os
from collections.abc import Iterator
from uuid import uuid4

from bench.load import request_bytes
from infra.intake import PATH
from infra.local.demonstration import DEMO

_BOUNDARY = "bench-boundary"
_HEADERS = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
_FORM = (DEMO / "applications" / "gewerbeanmeldung.json").read_bytes()
_ID = b"demo-2027-000101"
_END = f"--{_BOUNDARY}--\r\n".encode()
assert _ID in _FORM


def application(files: list[bytes] | None = None) -> bytes:
    body = _part("formData", "application/json", _FORM.replace(_ID, uuid4().hex.encode()))
    for number, content in enumerate(files or ()):
        body += _part("attachment", "application/pdf", content, f"file-{number}.pdf")
    return request_bytes(PATH, _HEADERS, body + _END)


def applications(files: list[bytes] | None = None) -> Iterator[bytes]:
    while True:
        yield application(files)


def large_application(size: int) -> tuple[bytes, Iterator[bytes]]:
    """Head and body apart, so that the client need not hold it either."""
    form = _part("formData", "application/json", _FORM.replace(_ID, uuid4().hex.encode()))
    opening, closing = _part("attachment", "application/pdf", b"\0", "large.pdf").split(b"\0")
    length = len(form) + len(opening) + size + len(closing) + len(_END)
    head = request_bytes(PATH, _HEADERS, b"").replace(
        b"Content-Length: 0", f"Content-Length: {length}".encode()
    )

    def body() -> Iterator[bytes]:
        yield form + opening
        chunk = os.urandom(2**20)
        for start in range(0, size, len(chunk)):
            yield chunk[: size - start]
        yield closing + _END

    return head, body()


def _part(name: str, media_type: str, content: bytes, file: str | None = None) -> bytes:
    named = f'; filename="{file}"' if file else ""
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n"
