"""All rows of a new case in one statement, which is a transaction of its own.

Table by table it would be seven round trips; intake is the one place where that shows.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import errors

from shared.adapters.postgres.pool import Pool, statement
from shared.domain.case import Case, LogEntry
from shared.domain.errors import AlreadyStored, UploadExpired
from shared.domain.events import Event
from shared.domain.identifiers import UploadId
from shared.domain.submission import Attachment, PartDigest
from shared.domain.submission_text import FINGERPRINT_VERSION, SubmissionText

_STORE = """
WITH deleted AS (
    SELECT FROM tombstones WHERE case_id = %(id)s
), upload AS (
    UPDATE uploads
       SET state = 'consumed', case_id = %(id)s
     WHERE id = %(upload)s AND state = 'open' AND NOT EXISTS (SELECT FROM deleted)
    RETURNING id
), stored AS (
    INSERT INTO cases (id, sender, transaction_id, form_id, form_name, leika_keys, region,
                       named_unit, stage, status, status_since, received_at, round,
                       event_sequence, version, is_test, next_wake_at)
    SELECT %(id)s, %(sender)s, %(transaction_id)s, %(form_id)s, %(form_name)s, %(leika_keys)s,
           %(region)s, %(named_unit)s, %(stage)s, %(status)s, %(status_since)s, %(received_at)s,
           %(round)s, %(event_sequence)s, 1, %(is_test)s, %(wake_at)s
     WHERE NOT EXISTS (SELECT FROM deleted)
       AND (%(upload)s::uuid IS NULL OR EXISTS (SELECT FROM upload))
    RETURNING id, sequence_number
), submission AS (
    INSERT INTO submissions (case_id, control, fields, flags, original, original_media_type,
                             sent_size, sent_sha256, fingerprint, fingerprint_version)
    SELECT id, %(control)s, %(fields)s, %(flags)s, %(original)s, %(original_media_type)s,
           %(sent_size)s, decode(%(sent_sha256)s, 'hex'), %(fingerprint)s, %(fingerprint_version)s
      FROM stored
), event AS (
    INSERT INTO events (id, case_id, sequence, type, round, data, time, traceparent)
    SELECT %(event_id)s, id, %(event_sequence)s, %(event_type)s, %(round)s, %(event_data)s,
           %(event_time)s, %(traceparent)s
      FROM stored
), entry AS (
    INSERT INTO case_log (case_id, entry)
    SELECT id, %(entry)s
      FROM stored
), attachment AS (
    INSERT INTO attachments (case_id, version, position, kind, name, original_name, media_type,
                             detected_media_type, size, sha256, sent_size, sent_sha256, object_key,
                             malware_verdict, flags)
    SELECT id, version, position, kind, name, original_name, media_type, detected_media_type, size,
           decode(sha256, 'hex'), sent_size, decode(sent_sha256, 'hex'), object_key,
           malware_verdict, flags
      FROM stored,
           json_to_recordset(%(attachments)s) AS file (
               version integer, position integer, kind text, name text, original_name text,
               media_type text, detected_media_type text, size bigint, sha256 text,
               sent_size bigint, sent_sha256 text, object_key text, malware_verdict text,
               flags text[])
)
SELECT (SELECT sequence_number FROM stored), EXISTS (SELECT FROM deleted)
"""


class PostgresIntake:
    """Commits by itself."""

    def __init__(self, pool: Pool, wake_after: timedelta) -> None:
        self._pool = pool
        self._wake_after = wake_after

    def store(
        self,
        case: Case,
        event: Event,
        entry: LogEntry,
        text: SubmissionText,
        *,
        flags: tuple[str, ...],
        original: bytes | None,
        original_media_type: str | None,
        sent: PartDigest | None,
        upload: UploadId | None,
        attachments: list[Attachment],
    ) -> Case:
        """Raise AlreadyStored, or UploadExpired if the sweep was faster; then nothing is stored."""
        values: dict[str, Any] = {
            **vars(case),
            "leika_keys": list(case.leika_keys),
            "wake_at": datetime.now(UTC) + self._wake_after,
            "control": text.control,
            "fields": text.fields,
            "flags": list(flags),
            "original": original,
            "original_media_type": original_media_type,
            "sent_size": sent and sent.size,
            "sent_sha256": sent and sent.sha256,
            "fingerprint": text.fingerprint,
            "fingerprint_version": FINGERPRINT_VERSION,
            "event_id": event.id,
            "event_type": event.type,
            "event_data": json.dumps(event.data()),
            "event_time": event.time,
            "traceparent": event.traceparent,
            "entry": entry.model_dump_json().encode(),
            "upload": upload,
            "attachments": json.dumps([file.model_dump() for file in attachments]),
        }
        sequence_number, deleted = self._execute(values)
        if deleted:
            raise AlreadyStored(str(case.id))
        if sequence_number is None:
            raise UploadExpired(str(upload))
        return case.model_copy(update={"sequence_number": sequence_number, "version": 1})

    def _execute(self, values: dict[str, Any]) -> tuple[int | None, bool]:
        try:
            with statement(self._pool) as conn:
                row = conn.execute(_STORE, values).fetchone()
        except errors.UniqueViolation:
            raise AlreadyStored(str(values["id"])) from None
        assert row is not None  # noqa: S101 - a SELECT without FROM has one row
        sequence_number, deleted = row
        return sequence_number, deleted
