"""Where the bytes of a form's parts go: fields into memory, files into the store."""

from collections.abc import Callable

from functions.receive.delivery import Files
from functions.receive.file_parts import open_file
from functions.receive.multipart import PartWriter
from functions.receive.part_headers import Part
from shared.domain.submission import AttachmentKind


class TextPart:
    """`take` raises Refused when there is no room for so many bytes."""

    def __init__(self, text: bytearray, take: Callable[[int], None]) -> None:
        self._text = text
        self._take = take

    def write(self, data: bytes) -> None:
        self._take(len(data))
        self._text += data

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class FilePart:
    """A file input that was left empty sends an empty name and no bytes: that is no file."""

    def __init__(self, part: Part, files: Files, is_representation: bool) -> None:
        self._part = part
        self._files = files
        self._kind = (
            AttachmentKind.REPRESENTATION if is_representation else AttachmentKind.ATTACHMENT
        )
        self._writer = self._open() if part.file_name else None

    def write(self, data: bytes) -> None:
        if self._writer is None:
            self._writer = self._open()
        self._writer.write(data)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.abort()

    def _open(self) -> PartWriter:
        return open_file(self._part, self._files, self._kind)


class Ignored:
    """What the sender's settings say is never stored."""

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass
