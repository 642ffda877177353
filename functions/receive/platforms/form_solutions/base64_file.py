"""Base64 in pieces, decoded into a file."""

import base64
import binascii

from functions.receive.multipart import PartWriter
from functions.receive.refusal import Refused, too_large

_WHITESPACE = b" \t\r\n"


class Base64File:
    """What is written is Base64; at most `limit` bytes come out of it."""

    def __init__(self, file: PartWriter, limit: int, place: str) -> None:
        self._file = file
        self._limit = limit
        self._place = place
        self._rest = b""
        self._size = 0

    def write(self, data: bytes) -> None:
        data = self._rest + data.translate(None, _WHITESPACE)
        # The last ones are held back: they may be the end, with its padding.
        whole = max(0, (len(data) - 1) // 4 * 4)
        self._rest = data[whole:]
        self._decode(data[:whole])

    def close(self) -> None:
        self._decode(self._rest + b"=" * (-len(self._rest) % 4))
        self._file.close()

    def abort(self) -> None:
        self._file.abort()

    def _decode(self, data: bytes) -> None:
        if not data:
            return
        try:
            decoded = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise Refused(422, "not-base64", "Here belongs Base64.", place=self._place) from None
        self._size += len(decoded)
        if self._size > self._limit:
            raise too_large("The file", self._limit, self._place)
        self._file.write(decoded)
