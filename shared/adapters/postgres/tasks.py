"""Table `tasks`: what a person has to look at."""

from datetime import timedelta

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.task import Task


class PostgresTasks:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def open(
        self,
        kind: str,
        case_id: CaseId | None,
        reason: str,
        subject: str = "",
        owner: str | None = None,
        within: timedelta | None = None,
    ) -> bool:
        """False, and nothing is changed, if this task is open already."""
        cur = self._conn.execute(
            """
            INSERT INTO tasks (kind, case_id, subject, reason, owner, due_at)
            VALUES (%(kind)s, %(case_id)s, %(subject)s, %(reason)s, %(owner)s,
                    now() + %(within)s::interval)
            ON CONFLICT (kind, case_id, subject) WHERE closed_at IS NULL DO NOTHING
            """,
            {
                "kind": kind,
                "case_id": case_id,
                "subject": subject,
                "reason": reason,
                "owner": owner,
                "within": within,
            },
        )
        return cur.rowcount == 1

    def close(self, kind: str, case_id: CaseId | None, subject: str = "") -> bool:
        """False if no such task is open."""
        cur = self._conn.execute(
            """
            UPDATE tasks
               SET closed_at = now()
             WHERE kind = %(kind)s AND case_id IS NOT DISTINCT FROM %(case_id)s
               AND subject = %(subject)s AND closed_at IS NULL
            """,
            {"kind": kind, "case_id": case_id, "subject": subject},
        )
        return cur.rowcount == 1

    def all_open(self) -> list[Task]:
        """The oldest first."""
        with self._conn.cursor(row_factory=class_row(Task)) as cur:
            cur.execute(
                """
                SELECT id, kind, case_id, subject, reason, opened_at, owner, due_at
                  FROM tasks
                 WHERE closed_at IS NULL
                 ORDER BY opened_at, id
                """
            )
            return cur.fetchall()

    def count_open(self) -> dict[str, int]:
        """By kind."""
        rows = self._conn.execute(
            """
            SELECT kind, count(*)
              FROM tasks
             WHERE closed_at IS NULL
             GROUP BY kind
             ORDER BY kind
            """
        ).fetchall()
        return dict(rows)
