"""Table `attachments`: which files a case has, and under which key each object lies."""

from collections.abc import Iterable

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.submission import Attachment


class PostgresAttachments:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, case_id: CaseId, attachments: Iterable[Attachment]) -> None:
        for attachment in attachments:
            self._conn.execute(
                """
                INSERT INTO attachments (case_id, version, position, kind, name, original_name,
                                         media_type, detected_media_type, size, sha256,
                                         sent_size, sent_sha256, object_key, malware_verdict,
                                         flags)
                VALUES (%(case_id)s, %(version)s, %(position)s, %(kind)s, %(name)s,
                        %(original_name)s, %(media_type)s, %(detected_media_type)s, %(size)s,
                        decode(%(sha256)s, 'hex'), %(sent_size)s,
                        decode(%(sent_sha256)s, 'hex'), %(object_key)s, %(malware_verdict)s,
                        %(flags)s)
                """,
                {
                    "case_id": case_id,
                    **attachment.model_dump(exclude={"flags"}),
                    "flags": list(attachment.flags),
                },
            )

    def of_case(self, case_id: CaseId) -> list[Attachment]:
        """Every version, in the order of delivery."""
        rows = self._conn.execute(
            """
            SELECT version, position, kind, name, original_name, media_type, detected_media_type,
                   size, encode(sha256, 'hex'), sent_size, encode(sent_sha256, 'hex'), object_key,
                   malware_verdict, flags
              FROM attachments
             WHERE case_id = %(case_id)s
             ORDER BY version, position
            """,
            {"case_id": case_id},
        ).fetchall()
        return [Attachment.model_validate(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


_COLUMNS = (
    "version",
    "position",
    "kind",
    "name",
    "original_name",
    "media_type",
    "detected_media_type",
    "size",
    "sha256",
    "sent_size",
    "sent_sha256",
    "object_key",
    "malware_verdict",
    "flags",
)
