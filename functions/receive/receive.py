"""Decide what a delivery is: a new case, or one that was delivered before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from functions.receive.delivery import Delivery
from functions.receive.ports import NewCases, Stores, Transactions
from functions.receive.receipt import Receipt, ReceivedPart, received_parts
from functions.receive.refusal import Refused
from functions.receive.upload import Upload
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.errors import AlreadyStored, StaleCase, UnknownCase
from shared.domain.events import CaseReceived
from shared.domain.identifiers import CaseId, SenderId, case_id
from shared.domain.submission import Attachment, AttachmentKind
from shared.domain.submission_text import FINGERPRINT_VERSION, SubmissionText, write_submission

LARGEST_ORIGINAL_IN_DATABASE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """`event` is there for a new case only; `keeps_files`: the upload belongs to the case now."""

    sender: SenderId
    receipt: Receipt
    event: CaseReceived | None
    keeps_files: bool


def receive(
    delivery: Delivery, upload: Upload, new_cases: NewCases, transactions: Transactions
) -> Outcome:
    """Raise Refused (409) for other content under a known id, UploadExpired, Unavailable."""
    text = write_submission(delivery.submission)
    delivery = _with_original_stored(delivery, upload)
    try:
        return _store(delivery, text, upload, new_cases)
    except AlreadyStored:
        with transactions() as stores:
            return _repeat(delivery, text, upload, stores)


def _with_original_stored(delivery: Delivery, upload: Upload) -> Delivery:
    """An application without files and of ordinary size needs no object store at all."""
    original = delivery.original
    if original is None or len(original) <= LARGEST_ORIGINAL_IN_DATABASE:
        return delivery
    file = upload.open(
        AttachmentKind.ORIGINAL,
        name="original",
        original_name=None,
        media_type=delivery.original_media_type,
    )
    file.write(original)
    file.close()
    return delivery.without_original()


def _store(
    delivery: Delivery, text: SubmissionText, upload: Upload, new_cases: NewCases
) -> Outcome:
    submission = delivery.submission
    now = datetime.now(UTC)
    case, event = Case(
        id=case_id(submission.sender, submission.transaction_id),
        sender=submission.sender,
        transaction_id=submission.transaction_id,
        form_id=submission.form_id,
        form_name=submission.form_name,
        leika_keys=submission.leika_keys,
        region=submission.region,
        named_unit=submission.named_unit,
        status_since=now,
        received_at=now,
        is_test=submission.is_test,
    ).announce(CaseReceived, sender=submission.sender)
    details = {"files": len(_contents(upload.attachments)), "flags": submission.flags}
    entry = LogEntry(actor=Actor.sender(submission.sender), action="case.received", details=details)
    case = new_cases.store(
        case,
        event,
        entry,
        text,
        flags=submission.flags,
        original=delivery.original,
        original_media_type=delivery.original_media_type,
        sent=delivery.digest,
        upload=upload.id,
        attachments=upload.attachments,
    )
    parts = received_parts(delivery.digest, upload.attachments)
    return Outcome(submission.sender, _receipt(case, parts), event, upload.id is not None)


def _repeat(delivery: Delivery, text: SubmissionText, upload: Upload, stores: Stores) -> Outcome:
    """The first answer again. Files rendered anew are kept beside the first ones."""
    submission = delivery.submission
    known = case_id(submission.sender, submission.transaction_id)
    stores.cases.lock(known)
    receipt = receipt_of(known, stores)
    if receipt is None:
        raise StaleCase(str(known))  # deleted between two looks
    if receipt.is_deleted:
        return Outcome(submission.sender, receipt, None, keeps_files=False)
    if receipt.is_test != submission.is_test:
        raise _reused("A test is not an application, nor the other way round.")
    if stores.submissions.fingerprint(known) != (text.fingerprint, FINGERPRINT_VERSION):
        raise _reused("Other content was delivered under this transaction id before.")
    kept = _keep_version(known, delivery, upload, stores)
    return Outcome(submission.sender, receipt, None, keeps_files=kept)


def receipt_of(known: CaseId, stores: Stores) -> Receipt | None:
    """What was told at the first delivery. None if there never was one."""
    tombstone = stores.cases.tombstone(known)
    if tombstone is not None:
        return Receipt(
            known,
            tombstone.number,
            tombstone.transaction_id,
            tombstone.received_at,
            is_deleted=True,
        )
    try:
        case = stores.cases.get(known)
    except UnknownCase:
        return None
    sent, files = stores.submissions.sent(known), stores.attachments.of_case(known)
    return _receipt(case, received_parts(sent, files))


def _receipt(case: Case, parts: tuple[ReceivedPart, ...]) -> Receipt:
    return Receipt(
        case.id, case.number, case.transaction_id, case.received_at, case.is_test, parts=parts
    )


def _reused(what: str) -> Refused:
    detail = f"{what} Nothing was changed; send a new application under a new id."
    return Refused(409, "transaction-id-reused", detail)


def _keep_version(known: CaseId, delivery: Delivery, upload: Upload, stores: Stores) -> bool:
    """Whether the upload's files are new to the case, and were kept."""
    stored = stores.attachments.of_case(known)
    versions = [list(files) for _, files in groupby(stored, key=lambda file: file.version)]
    contents = _contents(upload.attachments)
    if upload.id is None or not contents or contents in map(_contents, versions):
        return False
    version = 1 + max((file.version for file in stored), default=1)
    stores.attachments.add(
        known,
        [
            file.model_copy(update={"version": version, "flags": (*file.flags, "further-version")})
            for file in upload.attachments
        ],
    )
    stores.uploads.consume(upload.id, known)
    details = {"version": version, "files": len(_contents(upload.attachments))}
    actor = Actor.sender(delivery.submission.sender)
    stores.log.append(
        known, LogEntry(actor=actor, action="case.files-redelivered", details=details)
    )
    return True


def _contents(files: Iterable[Attachment]) -> list[tuple[str, str, str]]:
    """What makes two deliveries of files the same; their order does not."""
    return sorted(
        (file.kind, file.name, file.sha256)
        for file in files
        if file.kind is not AttachmentKind.ORIGINAL
    )
