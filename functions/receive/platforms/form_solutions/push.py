"""What Form-Solutions pushes: `POST /form-solutions`. Own design but for the XML data set.

A data set alone, or as the part `data` of multipart/form-data, with the rendered form in a part
`pdf` and files in any others.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.file_parts import open_file
from functions.receive.incoming import CHUNK, ByteStream
from functions.receive.multipart import MultipartLimits, PartWriter, read_parts
from functions.receive.part_headers import Part
from functions.receive.platforms.form_solutions.data_set import read_data_set
from functions.receive.platforms.form_solutions.document import Document, Known, submission_of
from functions.receive.platforms.form_solutions.field_list import read_field_list
from functions.receive.refusal import Refused, too_large
from shared.domain.submission import AttachmentKind

Mapper = Callable[[bytes, Limits, Known], Document]

# One line for each format; the real ones, once they are known, replace ours here.
MAPPERS: Mapping[str, Mapper] = MappingProxyType(
    {
        "application/xml": read_data_set,
        "text/xml": read_data_set,
        "application/json": read_field_list,
    }
)
DATA = "data"
PDF = "pdf"
_UNTYPED = ("", "text/plain", "application/octet-stream")


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    media_type = _bare(arrival.content_type)
    if media_type == "multipart/form-data":
        return _read_parts(arrival, files, limits)
    if media_type not in MAPPERS:
        detail = f"Send {', '.join(MAPPERS)} or multipart/form-data."
        raise Refused(415, "body-kind-unknown", detail, place="header Content-Type")
    data = _DataSet(arrival.content_type, "body", arrival, limits)
    _copy(arrival.stream, data)
    return data.delivery()


def _read_parts(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    found: list[_DataSet] = []

    def open_part(part: Part) -> PartWriter:
        if part.name != DATA:
            kind = AttachmentKind.REPRESENTATION if part.name == PDF else AttachmentKind.ATTACHMENT
            return open_file(part, files, kind, () if part.name else ("part-unnamed",))
        if found:
            raise Refused(400, "form-twice", "Send exactly one part data.", place=part.place)
        found.append(_DataSet(part.content_type, part.place, arrival, limits))
        return found[0]

    multipart_limits = MultipartLimits(parts=limits.parts, part=limits.file)
    read_parts(arrival.stream, arrival.content_type, multipart_limits, open_part)
    if not found:
        raise Refused(400, "form-missing", "Send the application in a part named data.")
    return found[0].delivery()


class _DataSet:
    """Collects a data set and reads it as soon as it is complete, before files are stored."""

    def __init__(
        self, content_type: str | None, place: str, arrival: Arrival, limits: Limits
    ) -> None:
        self._content_type = content_type or None
        self._place = place
        self._arrival = arrival
        self._limits = limits
        self._data = bytearray()
        self._document: Document | None = None

    def write(self, data: bytes) -> None:
        if len(self._data) + len(data) > self._limits.form:
            raise too_large("The form data", self._limits.form, self._place)
        self._data += data

    def close(self) -> None:
        data = bytes(self._data)
        self._document = self._mapper(data)(data, self._limits, self._known)

    def abort(self) -> None:
        self._data.clear()

    def delivery(self) -> Delivery:
        if self._document is None:
            raise Refused(400, "form-missing", "The application is not complete.")
        submission = submission_of(self._document, self._arrival.sender)
        return Delivery(submission, bytes(self._data), self._content_type)

    def _known(self, transaction_id: str) -> None:
        self._arrival.transaction_id = transaction_id

    def _mapper(self, data: bytes) -> Mapper:
        media_type = _bare(self._content_type)
        if media_type in _UNTYPED:
            first = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
            media_type = "application/xml" if first == b"<" else "application/json"
        mapper = MAPPERS.get(media_type)
        if mapper is None:
            detail = f"Send the part data as one of {', '.join(MAPPERS)}."
            raise Refused(415, "body-kind-unknown", detail, place=self._place)
        return mapper


def _copy(stream: ByteStream, target: PartWriter) -> None:
    while data := stream.read(CHUNK):
        target.write(data)
    target.close()


def _bare(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
