"""Table `uploads`: attempts to deliver files, each a row before its first object is stored."""

from datetime import timedelta

from shared.adapters.postgres.pool import Connection
from shared.domain.errors import UploadExpired
from shared.domain.identifiers import CaseId, SenderId, UploadId


class PostgresUploads:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def open(self, upload_id: UploadId, sender: SenderId) -> None:
        self._conn.execute(
            """
            INSERT INTO uploads (id, sender, state)
            VALUES (%(id)s, %(sender)s, 'open')
            """,
            {"id": upload_id, "sender": sender},
        )

    def consume(self, upload_id: UploadId, case_id: CaseId) -> None:
        """The objects belong to the case now. Raise UploadExpired if the sweep was faster."""
        row = self._conn.execute(
            """
            UPDATE uploads
               SET state = 'consumed', case_id = %(case_id)s
             WHERE id = %(id)s AND state = 'open'
            RETURNING id
            """,
            {"id": upload_id, "case_id": case_id},
        ).fetchone()
        if row is None:
            raise UploadExpired(str(upload_id))

    def expire(self, upload_id: UploadId) -> bool:
        """Whether the objects may be deleted now: never those of an attempt that was consumed."""
        row = self._conn.execute(
            """
            UPDATE uploads
               SET state = 'expired', expired_at = coalesce(expired_at, now())
             WHERE id = %(id)s AND state <> 'consumed'
            RETURNING id
            """,
            {"id": upload_id},
        ).fetchone()
        return row is not None

    def remove(self, upload_id: UploadId) -> None:
        """After its objects were deleted."""
        self._conn.execute(
            """
            DELETE FROM uploads
             WHERE id = %(id)s AND state = 'expired'
            """,
            {"id": upload_id},
        )

    def expire_older_than(self, age: timedelta, limit: int) -> list[UploadId]:
        """Expire the attempts that were opened so long ago and never consumed."""
        rows = self._conn.execute(
            """
            UPDATE uploads
               SET state = 'expired', expired_at = now()
             WHERE id IN (
                SELECT id
                  FROM uploads
                 WHERE state = 'open' AND created_at < now() - %(age)s
                 ORDER BY created_at
                 LIMIT %(limit)s
                   FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            {"age": age, "limit": limit},
        ).fetchall()
        return [UploadId(row[0]) for row in rows]

    def expired_for(self, age: timedelta, limit: int) -> list[UploadId]:
        """The attempts that expired so long ago that nothing is on its way any more."""
        rows = self._conn.execute(
            """
            SELECT id
              FROM uploads
             WHERE state = 'expired' AND expired_at < now() - %(age)s
             ORDER BY expired_at
             LIMIT %(limit)s
            """,
            {"age": age, "limit": limit},
        ).fetchall()
        return [UploadId(row[0]) for row in rows]
