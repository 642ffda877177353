"""The bytes of one attachment: XML is held until it is known what it is, all else is stored."""

import binascii

from functions.receive.delivery import Files, FileWriter, Limits
from functions.receive.refusal import Refused, invalid, too_large
from shared.domain.submission import AttachmentKind

_ROUND_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
_UNDECIDED = 1024
_WATCHED = 64
# What every data set of an intelliForm server has in its root element.
_MARK = b"xmlns.cit.de/"


class Held:
    """How much XML of one message is in memory: together no more than the form data may have."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.form
        self.limit = limits.form

    def takes(self, size: int) -> bool:
        if size > self._left:
            return False
        self._left -= size
        return True


class Content:
    """A `PartWriter`. In the end either `xml` or `file` is there, or neither if it is empty.

    Of XML it is not known yet whether it is a data set, which is not stored as it came. Other
    bytes, and XML too large to be held, go to a file; a data set that large is refused.
    """

    def __init__(self, files: Files, held: Held, limits: Limits, place: str) -> None:
        self._files = files
        self._held = held
        self._limit = limits.file
        self._place = place
        self._head = bytearray()
        self._size = 0
        self._is_xml: bool | None = None
        self._watched = b""
        self.file: FileWriter | None = None
        self.is_described = False
        self._is_open = True

    @property
    def held(self) -> bytes:
        return bytes(self._head)

    @property
    def xml(self) -> bytes | None:
        return self.held if self._is_xml else None

    @property
    def was_xml(self) -> bool:
        """Too large to be held."""
        return bool(self._watched)

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise too_large("The attachment", self._limit, self._place)
        if self.file is not None:
            self._pass_on(self.file, data)
        elif self._is_xml:
            self._hold(data)
        else:
            self._head += data
            self._decide(complete=False)

    def close(self) -> None:
        if self._is_xml is None:
            self._decide(complete=True)
        self._is_open = False
        if self.file is not None:
            self.file.close()

    def abort(self) -> None:
        if self.file is not None and self._is_open:
            self.file.abort()
        self._head.clear()

    def _decide(self, *, complete: bool) -> None:
        begin = bytes(self._head[:_UNDECIDED]).lstrip(_ROUND_XML)[:1]
        if not begin and len(self._head) < _UNDECIDED and not complete:
            return
        self._is_xml = begin == b"<"
        data = bytes(self._head)
        self._head.clear()
        if self._is_xml:
            self._hold(data)
        else:
            self._spill(data)

    def _hold(self, data: bytes) -> None:
        if self._held.takes(len(data)):
            self._head += data
            return
        data = bytes(self._head) + data
        self._refuse_marked(data)
        self._is_xml = False
        self._head.clear()
        self._spill(data)
        self._watched = data[-_WATCHED:]

    def _spill(self, data: bytes) -> None:
        kind = AttachmentKind.ATTACHMENT
        self.file = self._files.open(kind, name="file", original_name=None, media_type=None)
        self.file.write(data)

    def _pass_on(self, file: FileWriter, data: bytes) -> None:
        if self._watched:
            self._watched += data
            self._refuse_marked(self._watched)
            self._watched = self._watched[-_WATCHED:]
        file.write(data)

    def _refuse_marked(self, data: bytes) -> None:
        if is_marked(data):
            raise too_large("The form data", self._held.limit, self._place)


def is_marked(data: bytes | bytearray) -> bool:
    """Whether it may hold what an intelliForm server knows of the person logged in."""
    return _MARK in data.replace(b"\0", b"")  # UTF-16 has one in every character of it


class Base64Content:
    """Decodes text that comes in pieces of any size, with white space anywhere between."""

    def __init__(self, content: Content, place: str) -> None:
        self.content = content
        self._place = place
        self._rest = b""
        self._is_complete = False

    def feed(self, text: str) -> None:
        try:
            data = text.encode("ascii").translate(None, b" \t\r\n")
        except UnicodeEncodeError:
            raise self._wrong() from None
        if not data:
            return
        data = self._rest + data
        whole = len(data) - len(data) % 4
        self._rest = data[whole:]
        if whole:
            self._decode(data[:whole])

    def close(self) -> None:
        if self._rest:
            raise self._wrong()
        self.content.close()

    def _decode(self, data: bytes) -> None:
        if self._is_complete:
            raise self._wrong()
        self._is_complete = data.endswith(b"=")
        try:
            self.content.write(binascii.a2b_base64(data, strict_mode=True))
        except binascii.Error:
            raise self._wrong() from None

    def _wrong(self) -> Refused:
        return invalid("not-base64", "The content is not Base64.", f"{self._place}.content")
