"""Deliver an application to the intake, as form servers of the OZG-Cloud do."""

import json
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from uuid import UUID

import urllib3
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from shared.domain.identifiers import CaseId

PATH = "/antrag"


@dataclass(frozen=True)
class Application:
    """`form` is the file with control data and fields."""

    form: Path
    representations: tuple[Path, ...] = ()
    attachments: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Delivered:
    case_id: CaseId
    number: str


class NotDelivered(Exception):
    """Its text says what the intake did not like, or that there was none."""


def deliver(intake_url: str, application: Application) -> Delivered:
    """The same application twice is one case. Raise NotDelivered if it was not stored."""
    parts = [_part("formData", application.form, "application/json", named=False)]
    parts += [_part("representation", file) for file in application.representations]
    parts += [_part("attachment", file) for file in application.attachments]
    body, content_type = encode_multipart_formdata(parts)
    try:
        answer = urllib3.request(
            "POST",
            f"{intake_url}{PATH}",
            body=body,
            headers={"Content-Type": content_type},
            retries=False,
            timeout=urllib3.Timeout(connect=5, read=120),
        )
    except urllib3.exceptions.HTTPError as exc:
        raise NotDelivered(f"{intake_url} gives no answer ({type(exc).__name__})") from None
    document = _document(answer.data)
    if answer.status != 200:
        raise NotDelivered(_problem(answer.status, document))
    try:
        case = document["vorgang"]
        return Delivered(CaseId(UUID(case["vorgangId"])), case["vorgangNummer"])
    except (KeyError, TypeError, ValueError):
        raise NotDelivered(f"what answers at {intake_url} is no intake") from None


def _part(
    name: str, file: Path, media_type: str | None = None, *, named: bool = True
) -> RequestField:
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise NotDelivered(f"{file} cannot be read: {exc.strerror}") from None
    field = RequestField(name, data, filename=file.name if named else None)
    field.make_multipart(
        content_type=media_type or guess_type(file.name)[0] or "application/octet-stream"
    )
    return field


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _problem(status: int, document: dict[str, Any]) -> str:
    """RFC 9457, as far as it was filled."""
    said = document.get("detail") or document.get("title") or "no reason was given"
    place = f" (at {document['place']})" if document.get("place") else ""
    return f"refused with {status}: {said}{place}"
