"""A fetched submission: its files go to the store as they come, the rest becomes a Document."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from functions.receive.delivery import Delivery, Files, Limits
from functions.receive.file_names import safe_file_name
from functions.receive.platforms.form_solutions.base64_file import Base64File
from functions.receive.platforms.form_solutions.data_set import read_data_set
from functions.receive.platforms.form_solutions.document import Document, submission_of
from functions.receive.platforms.form_solutions.sieve import JsonSieve, Place, StringWriter
from functions.receive.polling.source import Entry, PollFailed
from functions.receive.refusal import Refused, invalid, too_large
from functions.receive.strict_json import read_strictly
from shared.domain.configuration.senders import Sender
from shared.domain.exact_json import NumberLiteral
from shared.domain.submission import AttachmentKind

_CONTENT = frozenset({"content", "data", "file"})
_NAMES = ("name", "fileName", "filename")
_TYPES = ("contentType", "mimeType")
# Told elsewhere, or (the status) of the moment: it must not make a repeat look like other content.
_NOT_KEPT = frozenset(
    {"transID", "identifier", "status", "xml", "pdf", "attachments", "secureData", "payload"}
)


def read_submission(
    pieces: Iterable[bytes], entry: Entry, sender: Sender, files: Files, limits: Limits
) -> Delivery:
    """Raise Refused for what cannot be stored, PollFailed for what is no answer at all."""
    incoming = _Files(entry, files, limits)
    sieve = JsonSieve(incoming.open, limit=2 * limits.form, max_depth=limits.depth)
    try:
        for piece in _limited(pieces, limits.body):
            sieve.feed(piece)
        incoming.close()
        rest = bytes(sieve.rest)
        tree = read_strictly(rest, max_depth=limits.depth, place="$")
        return _delivery(tree, rest, entry, sender, limits, incoming.flags)
    except BaseException:
        incoming.abort()
        raise


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise too_large("The submission", limit)
        yield piece


class _Files:
    """Opens a file for each string that is one: `pdf`, `attachments`, or a member of an element."""

    def __init__(self, entry: Entry, files: Files, limits: Limits) -> None:
        self._entry = entry
        self._files = files
        self._limits = limits
        self._opened = 0
        self._current: Base64File | None = None
        self.flags: frozenset[str] = frozenset()

    def open(self, place: Place, members: dict[str, str]) -> StringWriter | None:
        kind = _kind(place)
        if kind is None:
            return None
        self.close()
        self._opened += 1
        if self._opened > self._limits.parts:
            raise Refused(413, "too-many-parts", f"It has more than {self._limits.parts} files.")
        sent = next((members[name] for name in _NAMES if members.get(name)), None)
        fallback = self._fallback(place)
        name = safe_file_name(sent or fallback, fallback)
        flags: tuple[str, ...] = ()
        if sent is None and kind is AttachmentKind.ATTACHMENT:
            flags = ("file-name-missing",)
            self.flags |= {"file-name-missing"}
        elif sent not in (None, name):
            flags = ("file-name-changed",)
        media_type = next((members[each] for each in _TYPES if members.get(each)), None)
        if kind is AttachmentKind.REPRESENTATION:
            media_type = media_type or "application/pdf"
        writer = self._files.open(
            kind, name=name, original_name=sent, media_type=media_type, flags=flags
        )
        shown = ".".join(map(str, place))
        self._current = Base64File(writer, self._limits.file, shown)
        return self._current.write

    def close(self) -> None:
        if self._current is not None:
            self._current.close()
            self._current = None

    def abort(self) -> None:
        if self._current is not None:
            self._current.abort()
            self._current = None

    def _fallback(self, place: Place) -> str:
        if place[0] == "pdf":
            return safe_file_name(f"{self._entry.transaction_id}.pdf", "form.pdf")
        return "attachments.zip" if len(place) == 1 else f"attachment-{self._opened}"


def _kind(place: Place) -> AttachmentKind | None:
    match place:
        case ("pdf",):
            return AttachmentKind.REPRESENTATION
        case ("pdf", str(member)) if member in _CONTENT:
            return AttachmentKind.REPRESENTATION
        case ("attachments",) | ("attachments", int()):
            return AttachmentKind.ATTACHMENT
        case ("attachments", int(), str(member)) if member in _CONTENT:
            return AttachmentKind.ATTACHMENT
        case _:
            return None


def _delivery(
    tree: Any, rest: bytes, entry: Entry, sender: Sender, limits: Limits, flags: frozenset[str]
) -> Delivery:
    if not isinstance(tree, dict):
        raise invalid("wrong-type", "Here belongs an object.", "$")
    if tree.get("transID") not in (None, entry.transaction_id):
        raise PollFailed("other-submission")
    xml = _xml(tree.get("xml"))
    if xml is None:
        document = Document(transaction_id=entry.transaction_id, flags=frozenset({"xml-missing"}))
    else:
        document = read_data_set(xml, limits, _ignore)
    if document.transaction_id != entry.transaction_id:
        flags |= {"transaction-id-differs"}
    document = replace(
        document,
        transaction_id=entry.transaction_id,
        form_id=entry.form,
        secure_data=tree.get("secureData"),
        payload=tree.get("payload"),
        extra={**document.extra, **_metadata(tree, flags)},
        flags=document.flags | flags,
    )
    submission = submission_of(document, sender)
    if xml is None:
        return Delivery(submission, rest, "application/json")
    return Delivery(submission, xml, "application/xml")


def _ignore(_transaction_id: str) -> None:
    """It is known already: by it the submission was asked for."""


def _metadata(tree: dict[str, Any], flags: frozenset[str]) -> dict[str, Any]:
    kept = {
        name: value for name, value in tree.items() if name not in _NOT_KEPT and value is not None
    }
    if "file-name-missing" in flags:
        kept["attachments"] = tree.get("attachments")  # perhaps the name came after the content
    moment = tree.get("submissionDate")
    if isinstance(moment, NumberLiteral):
        with suppress(ValueError, OverflowError, OSError):
            kept["submittedAt"] = datetime.fromtimestamp(int(moment) / 1000, UTC).isoformat()
    return kept


def _xml(value: Any) -> bytes | None:
    """As text, or in Base64."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or isinstance(value, NumberLiteral):
        raise invalid("wrong-type", "Here belongs a string.", "xml")
    if value.lstrip().startswith("<"):
        return value.encode()
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise invalid("not-base64", "Here belongs Base64, or XML.", "xml") from None
