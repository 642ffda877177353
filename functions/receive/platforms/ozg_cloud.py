"""The intake of OZG-Cloud: `POST /antrag`, multipart, as independent form servers send it.

One part `formData`; any number of `representation` and `attachment`, in any order. Parts of other
names, or of none, are kept as attachments and flagged.
"""

from datetime import UTC

from functions.receive.answers import Answer, json_answer
from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.file_parts import open_file
from functions.receive.multipart import MultipartLimits, PartWriter, read_parts
from functions.receive.part_headers import Part
from functions.receive.platforms.ozg_cloud_form import read_form
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused, too_large
from shared.domain.submission import AttachmentKind, Submission

FORM = "formData"
_FORM_TYPES = ("", "application/json", "text/plain", "application/octet-stream")
_KINDS = {
    "attachment": AttachmentKind.ATTACHMENT,
    "representation": AttachmentKind.REPRESENTATION,
}

_STRING = {"type": "string"}
_FILES = {"type": "array", "items": {"type": "string", "contentMediaType": "application/pdf"}}
BODIES = {
    "multipart/form-data": {
        "type": "object",
        "required": [FORM],
        "properties": {
            FORM: {
                "type": "object",
                "required": ["control", "formData"],
                "properties": {
                    "control": {
                        "type": "object",
                        "required": ["transactionId"],
                        "properties": {
                            "transactionId": {"type": "string", "minLength": 1, "maxLength": 255},
                            "zustaendigeStelle": _STRING,
                            "leikaIds": {"type": "array", "items": _STRING},
                            "formId": _STRING,
                            "name": _STRING,
                            "serviceKonto": {"type": "object"},
                        },
                    },
                    "formData": {"type": "array", "items": {"type": "object"}},
                },
            },
            "representation": _FILES,
            "attachment": _FILES,
        },
    }
}
ANSWER = {
    "type": "object",
    "required": ["transactionId", "vorgang"],
    "properties": {
        "transactionId": _STRING,
        "vorgang": {
            "type": "object",
            "required": ["vorgangId", "vorgangNummer", "status", "statusSince"],
            "properties": {
                "vorgangId": {"type": "string", "format": "uuid"},
                "vorgangNummer": _STRING,
                "status": {"const": "NEU"},
                "statusSince": {"type": "string", "format": "date-time"},
            },
        },
    },
}


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    forms: list[_FormPart] = []

    def open_part(part: Part) -> PartWriter:
        if part.name != FORM:
            return _open_file(part, files)
        if forms:
            raise Refused(400, "form-twice", "Send exactly one part formData.", place=part.place)
        forms.append(_FormPart(part, limits, arrival))
        return forms[0]

    multipart_limits = MultipartLimits(parts=limits.parts, part=limits.file)
    read_parts(arrival.stream, arrival.content_type, multipart_limits, open_part)
    if not forms or forms[0].submission is None:
        raise Refused(400, "form-missing", "Send the application in a part named formData.")
    return Delivery(forms[0].submission, forms[0].original, forms[0].media_type)


def accepted(receipt: Receipt) -> Answer:
    case = {
        "vorgangId": str(receipt.case_id),
        "vorgangNummer": receipt.number,
        "status": "NEU",
        "statusSince": receipt.received_at.astimezone(UTC).isoformat(),
    }
    return json_answer(200, {"transactionId": receipt.transaction_id, "vorgang": case})


def _open_file(part: Part, files: Files) -> PartWriter:
    kind = _KINDS.get(part.name or "")
    if kind is not None:
        return open_file(part, files, kind)
    flag = "part-unknown" if part.name else "part-unnamed"
    return open_file(part, files, AttachmentKind.ATTACHMENT, (flag,))


class _FormPart:
    """Collects the form data and reads it as soon as it is complete, before files are stored."""

    def __init__(self, part: Part, limits: Limits, arrival: Arrival) -> None:
        self.media_type = part.content_type or None
        if part.content_type.partition(";")[0].strip().lower() not in _FORM_TYPES:
            detail = "Send formData as application/json."
            raise Refused(415, "form-not-json", detail, place=part.place)
        self._place = part.place
        self._limits = limits
        self._arrival = arrival
        self._data = bytearray()
        self.original = b""
        self.submission: Submission | None = None

    def write(self, data: bytes) -> None:
        if len(self._data) + len(data) > self._limits.form:
            raise too_large("The form data", self._limits.form, self._place)
        self._data += data

    def close(self) -> None:
        self.original = bytes(self._data)
        self._data.clear()
        self.submission = read_form(self.original, self._limits, self._arrival)

    def abort(self) -> None:
        self._data.clear()
