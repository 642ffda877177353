"""A deposit over HTTP: the envelope alone, or as MTOM in a multipart body with its contents."""

from functions.receive.delivery import Arrival, Files, Limits
from functions.receive.incoming import CHUNK
from functions.receive.multipart import RELATED, MultipartLimits, PartWriter, read_parts
from functions.receive.part_headers import Part, bare_id, read_parameters
from functions.receive.platforms.intelliform.content import Content, Held
from functions.receive.platforms.intelliform.deposit import AttachmentAsSent, Deposit, DepositReader
from functions.receive.platforms.intelliform.envelope import Envelope
from functions.receive.proofs import Token
from functions.receive.refusal import Refused, invalid
from functions.receive.safe_xml import XmlReader

XML_TYPES = ("text/xml", "application/xml", "application/soap+xml")
_PLACE = "header Content-Type"


class Message:
    """`parts` are the contents by Content-ID, or by number where they have none."""

    def __init__(self, arrival: Arrival, files: Files, limits: Limits) -> None:
        self._arrival = arrival
        self._files = files
        self._limits = limits
        self._held = Held(limits)
        self._admitted: str | None = None
        self._reader = DepositReader(limits, self._new_content, self._identified)
        self._envelope = Envelope(self._admit, self._reader)
        self._start: str | None = None
        self._root: Root | None = None
        self.parts: dict[str, tuple[Part, Content]] = {}

    def read(self) -> Deposit:
        """Raise Refused."""
        if self._arrival.headers.get("webhook-signature") is not None:
            self._admit(None)  # a signature is over the whole body, so before its first byte
        content_type = self._arrival.content_type or ""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type == RELATED:
            self._read_parts(content_type)
        elif media_type in XML_TYPES:
            self._read_alone(content_type)
        else:
            detail = "Send a SOAP 1.1 envelope as text/xml, or MTOM as multipart/related."
            raise Refused(415, "not-soap", detail, headers={"Accept": "text/xml"})
        if not self._envelope.had_deposit:
            raise invalid("unknown-operation", "The Body holds one deposit.", "Body")
        self._resolve(self._reader.deposit.attachments)
        return self._reader.deposit

    def _read_alone(self, content_type: str) -> None:
        root = self._new_root(content_type)
        try:
            while chunk := self._arrival.stream.read(CHUNK):
                root.write(chunk)
            root.close()
        except BaseException:
            root.abort()
            raise

    def _read_parts(self, content_type: str) -> None:
        parameters = read_parameters(content_type.encode("latin-1", "replace"), _PLACE)
        self._start = bare_id(parameters.get(b"start", "")) or None
        # The envelope may hold contents inline, and each content has a limit of its own.
        limits = MultipartLimits(parts=self._limits.parts + 1, part=self._limits.body)
        read_parts(self._arrival.stream, content_type, limits, self._open_part, RELATED)
        if self._root is None:
            raise Refused(400, "not-soap", "No part is the one that start names.", place=_PLACE)

    def _open_part(self, part: Part) -> PartWriter:
        if self._root is None and self._start in (None, part.content_id):
            return self._new_root(part.content_type)
        if self._root is None and self._admitted is None:
            self._admit_before_root(part)
        content = Content(self._files, self._held, self._limits, part.place)
        name = part.content_id or f"part-{part.number}"
        if name in self.parts:
            raise Refused(400, "content-twice", "Two parts have one Content-ID.", place=part.place)
        self.parts[name] = (part, content)
        return content

    def _new_root(self, content_type: str) -> "Root":
        charset = read_parameters(content_type.encode("latin-1", "replace"), _PLACE).get(b"charset")
        reader = XmlReader(self._envelope, max_depth=self._limits.depth, encoding=charset or None)
        self._root = Root(reader, self._reader)
        return self._root

    def _new_content(self, place: str) -> Content:
        return Content(self._files, self._held, self._limits, place)

    def _identified(self, transaction_id: str) -> None:
        self._arrival.transaction_id = transaction_id.strip()[:255] or None

    def _admit_before_root(self, part: Part) -> None:
        """Nothing is stored for nobody, and a token in the envelope would come too late."""
        try:
            self._admit(None)
        except Refused as refused:
            if refused.status != 401:
                raise
            detail = "Say in a header of HTTP who you are, or send the envelope before other parts."
            raise Refused(
                401, "root-part-late", detail, place=part.place, headers=refused.headers
            ) from None

    def _admit(self, token: Token | None) -> None:
        if self._admitted is not None and token is None:
            return
        sender = self._arrival.admit(token).id
        if self._admitted not in (None, sender):
            detail = "The header of HTTP and the token name two senders."
            raise Refused(401, "two-senders", detail, place="header.Security")
        self._admitted = sender

    def _resolve(self, attachments: list[AttachmentAsSent]) -> None:
        for attachment in attachments:
            if attachment.cid is None:
                continue
            if attachment.cid not in self.parts:
                detail = "No part of this message has this Content-ID."
                raise invalid("content-missing", detail, f"{attachment.place}.content")
            attachment.content = self.parts[attachment.cid][1]

    def unnamed(self) -> list[tuple[Part, Content]]:
        named = {attachment.cid for attachment in self._reader.deposit.attachments}
        return [found for cid, found in self.parts.items() if cid not in named]


class Root:
    """The envelope's bytes, on their way through the parser."""

    def __init__(self, reader: XmlReader, deposit: DepositReader) -> None:
        self._reader = reader
        self._deposit = deposit

    def write(self, data: bytes) -> None:
        self._reader.feed(data)

    def close(self) -> None:
        self._reader.close()

    def abort(self) -> None:
        self._deposit.abort()
