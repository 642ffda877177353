"""How the declared directories stand: tables `directories`, `directory_answers` and
`directory_checks`, as an operator looks at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row
from pydantic import ValidationError

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import TenantId


@dataclass(frozen=True)
class DirectoryStanding:
    """`failure` is what the last check met with; None also if there was none yet."""

    tenant: TenantId
    id: str
    document: dict[str, object]
    answered_at: datetime | None
    checked_at: datetime | None
    failure: str | None
    is_doubtful: bool

    @property
    def declared(self) -> Directory | None:
        """None if this version cannot read it: a newer one has declared it."""
        try:
            return Directory.model_validate(self.document)
        except ValidationError:
            return None

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.id}"

    @property
    def trouble(self) -> str:
        return (self.failure or "").removeprefix(f"directory {self.id}: ")


def directories_standing(conn: Connection) -> Iterator[DirectoryStanding]:
    with conn.cursor(row_factory=class_row(DirectoryStanding)) as cur:
        cur.execute(
            """
            SELECT d.tenant, d.id, d.document, a.answered_at, c.checked_at, c.failure,
                   EXISTS (SELECT FROM tasks t
                            WHERE t.kind = 'directory_doubtful' AND t.closed_at IS NULL
                              AND t.subject = d.tenant || '/' || d.id) AS is_doubtful
              FROM directories d
              LEFT JOIN (
                   SELECT tenant, directory, max(answered_at) AS answered_at
                     FROM directory_answers
                    GROUP BY tenant, directory) a ON (a.tenant, a.directory) = (d.tenant, d.id)
              LEFT JOIN directory_checks c ON (c.tenant, c.directory) = (d.tenant, d.id)
             ORDER BY d.tenant, d.id
            """
        )
        yield from cur.fetchall()
