"""Decide what a delivery is: a new case, or one that was delivered before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from functions.receive.delivery import Delivery
from functions.receive.ports import NewCases, Stores, Transactions
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused
from functions.receive.upload import Upload
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.errors import AlreadyStored
from shared.domain.events import CaseReceived
from shared.domain.identifiers import CaseId, case_id
from shared.domain.submission import Attachment, AttachmentKind
from shared.domain.submission_text import FINGERPRINT_VERSION, SubmissionText, write_submission

LARGEST_ORIGINAL_IN_DATABASE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """`event` is there for a new case only; `keeps_files`: the upload belongs to the case now."""

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
        upload=upload.id,
        attachments=upload.attachments,
    )
    receipt = Receipt(case.id, case.number, case.transaction_id, case.received_at)
    return Outcome(receipt, event, keeps_files=upload.id is not None)


def _repeat(delivery: Delivery, text: SubmissionText, upload: Upload, stores: Stores) -> Outcome:
    """The first answer again. Files rendered anew are kept beside the first ones."""
    known = case_id(delivery.submission.sender, delivery.submission.transaction_id)
    tombstone = stores.cases.tombstone(known)
    if tombstone is not None:
        receipt = Receipt(known, tombstone.number, tombstone.transaction_id, tombstone.received_at)
        return Outcome(receipt, None, keeps_files=False)
    stores.cases.lock(known)
    case = stores.cases.get(known)
    if stores.submissions.fingerprint(known) != (text.fingerprint, FINGERPRINT_VERSION):
        detail = (
            "Other content was delivered under this transaction id before. Nothing was changed; "
            "send a new application under a new id."
        )
        raise Refused(409, "transaction-id-reused", detail, place="control.transactionId")
    receipt = Receipt(case.id, case.number, case.transaction_id, case.received_at)
    return Outcome(receipt, None, keeps_files=_keep_version(known, delivery, upload, stores))


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
