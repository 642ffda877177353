"""Deposits of an invented form, as an intelliForm server sends them: plain, or as MTOM."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from functions.receive.platforms.intelliform.names import (
    BACKEND,
    INTERNAL,
    SOAP,
    TRANSACTION,
    USER,
    XOP,
)
from tests.functions.receive.bodies import BOUNDARY, a_body

XML = "text/xml; charset=utf-8"
MTOM = (
    f'multipart/related; type="application/xop+xml"; start="<root@musterstadt>"; '
    f'start-info="text/xml"; boundary="{BOUNDARY}"'
)
TOKENS = ("urn:bpk:geheim", "lesen;schreiben", "198.51.100.23", "muster-handle-17")
LOGIN = {
    "displayName": "Erika Muster",
    "givenName": "Erika",
    "surname": "Muster",
    "authlevel": "STORK-QAA-Level-3",
    "accountSource": "BayernID",
    "legacyPostkorbHandle": "postkorb-4711",
    "bPK": TOKENS[0],
    "Role": TOKENS[1],
    "forwarded_for": TOKENS[2],
    "username": TOKENS[3],
}


def a_data_set(
    content: str = "<vorname>Erika</vorname><ort>Musterstadt</ort>",
    login: dict[str, str] | None = None,
    root: str = "hundesteuer",
) -> bytes:
    user = "".join(f" u:{name}={quoteattr(value)}" for name, value in (login or {}).items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns:t="{TRANSACTION}" '
        f'xmlns:u="{USER}" xmlns:a="{INTERNAL}" t:id="20270102000000000001" '
        f't:form-id="musterstadt/hundesteuer"{user}>{content}</{root}>'
    ).encode()


@dataclass(frozen=True)
class File:
    """`cid` sends the content as a part of its own; `inline` is what stands in the XML as it is."""

    content: bytes = b"%PDF-1.7 Hundesteuer"
    id: str = "pdf"
    name: str | None = "Antrag.pdf"
    content_type: str | None = "application/pdf"
    description: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    cid: str | None = None
    inline: str | None = None

    def xml(self) -> str:
        if self.cid is not None:
            inner = f'<xop:Include xmlns:xop="{XOP}" href="cid:{self.cid}"/>'
        else:
            inner = self.inline or base64.b64encode(self.content).decode()
        attributes = "".join(
            f"<attributes><key>{escape(key)}</key><value>{escape(value)}</value></attributes>"
            for key, value in self.attributes
        )
        named = {
            "contentType": self.content_type,
            "description": self.description,
            "id": self.id,
            "name": self.name,
        }
        members = "".join(
            f"<{name}>{escape(value)}</{name}>"
            for name, value in named.items()
            if value is not None
        )
        return f"<attachments>{attributes}<content>{inner}</content>{members}</attachments>"


DATA_SET = File(a_data_set(), "daten", "Daten.xml", "text/xml")
PDF = File()


def a_deposit(
    *files: File,
    parameters: Iterable[tuple[str, str]] = (("OrganisationsEinheitID", "197008"),),
    header: str = "",
    **members: str | None,
) -> str:
    """The envelope. `members` replace those of `data`; None leaves one out."""
    before = {"caller": "Formularserver Musterstadt", "client": "musterstadt"}
    behind = {
        "form": "Hundesteuer anmelden",
        "formId": "musterstadt/hundesteuer",
        "id": "20270102000000000001",
        "primaryDataAttachmentId": "daten",
        "primaryFormAttachmentId": "pdf",
        "timestamp": "2027-01-02T03:04:05.678+01:00",
        "username": TOKENS[3],
    }
    behind |= {name: value for name, value in members.items() if value is not None}
    for name in [name for name, value in members.items() if value is None]:
        del behind[name]
    entries = "".join(
        f"<customParameters><key>{escape(key)}</key><value>{escape(value)}</value>"
        "</customParameters>"
        for key, value in parameters
    )
    body = "".join(
        [
            *(file.xml() for file in files or (DATA_SET, PDF)),
            *(f"<{name}>{escape(value)}</{name}>" for name, value in before.items()),
            entries,
            *(f"<{name}>{escape(value)}</{name}>" for name, value in behind.items()),
        ]
    )
    return an_envelope(f'<b:deposit xmlns:b="{BACKEND}"><data>{body}</data></b:deposit>', header)


def an_envelope(body: str, header: str = "") -> str:
    if header:
        header = f"<soap:Header>{header}</soap:Header>"
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}">{header}<soap:Body>{body}</soap:Body></soap:Envelope>'
    )


def as_part(file: File, number: int = 1) -> File:
    """Its content goes into a part, as MTOM has it."""
    return replace(file, cid=f"content-{number}%40musterstadt")


def root_part(envelope: str | bytes, content_id: str = "root@musterstadt") -> bytes:
    data = envelope.encode() if isinstance(envelope, str) else envelope
    content_type = 'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"'
    return f"{content_type}\r\nContent-ID: <{content_id}>\r\n\r\n".encode() + data


def content_part(file: File, content: bytes | None = None) -> bytes:
    content_id = (file.cid or "").replace("%40", "@")
    head = f"Content-Type: {file.content_type}\r\nContent-ID: <{content_id}>\r\n\r\n"
    return head.encode() + (file.content if content is None else content)


def as_mtom(*files: File, root_last: bool = False, **more: str | None) -> bytes:
    files = tuple(as_part(file, number) for number, file in enumerate(files or (DATA_SET, PDF)))
    parts = [root_part(a_deposit(*files, **more)), *map(content_part, files)]  # type: ignore[arg-type]
    return a_body(*(parts[1:] + parts[:1] if root_last else parts))
