"""Delete the objects of upload attempts that no case has consumed."""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog

from functions.recover.ports import Transactions
from shared.domain.errors import Unavailable
from shared.domain.identifiers import UploadId
from shared.ports import ObjectStore

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Both longer than any request or any PUT can take."""

    expires_after: timedelta
    again_after: timedelta
    per_run: int = 200


def sweep(
    transactions: Transactions, objects: ObjectStore, sweeping: Sweeping, deadline: float
) -> int:
    """Expired first and committed, deleted after: a case cannot consume what is being deleted.

    A PUT may land after the deletion, so an attempt is swept again before its row goes.
    """
    with transactions() as stores:
        expired = stores.uploads.expire_older_than(sweeping.expires_after, sweeping.per_run)
        last_time = stores.uploads.expired_for(sweeping.again_after, sweeping.per_run)
    swept = 0
    for upload_id in (*last_time, *expired):
        if time.monotonic() > deadline:
            break
        if not _delete_objects(objects, upload_id):
            continue
        swept += 1
        if upload_id in last_time:
            with transactions() as stores:
                stores.uploads.remove(upload_id)
    return swept


def _delete_objects(objects: ObjectStore, upload_id: UploadId) -> bool:
    try:
        if keys := list(objects.keys(f"uploads/{upload_id}/")):
            objects.delete(keys)
    except Unavailable as exc:
        _logger.warning("upload_not_swept", upload_id=str(upload_id), reason=str(exc))
        return False
    return True
