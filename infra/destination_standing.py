"""How the declared destinations stand, as an operator looks at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row
from pydantic import ValidationError

from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.destinations import Destination
from shared.domain.identifiers import DestinationId, TenantId


@dataclass(frozen=True)
class DestinationStanding:
    """`document` is None if no tenant declares it any more, though something is open for it."""

    tenant: TenantId
    id: DestinationId
    document: dict[str, Any] | None
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    failures: int
    open_until: datetime | None
    failure_rate: float
    answers: int
    answered_at: datetime | None
    code: str | None
    waiting: int
    sent: int
    failed: int

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.id}"

    @property
    def declared(self) -> Destination | None:
        """None also if this version cannot read it: a newer one has declared it."""
        if self.document is None:
            return None
        try:
            return Destination.model_validate(self.document)
        except ValidationError:
            return None


def destinations_standing(conn: Connection) -> Iterator[DestinationStanding]:
    with conn.cursor(row_factory=class_row(DestinationStanding)) as cur:
        cur.execute(
            """
            WITH counts AS (
                SELECT tenant, destination AS id,
                       count(*) FILTER (WHERE state IN ('planned', 'sending')) AS waiting,
                       count(*) FILTER (WHERE state = 'sent') AS sent,
                       count(*) FILTER (WHERE state IN ('rejected', 'given_up')) AS failed
                  FROM forwardings
                 WHERE state IN ('planned', 'sending', 'sent', 'rejected', 'given_up')
                   AND waived_by IS NULL
                 GROUP BY tenant, destination
            )
            SELECT tenant, id, d.document, s.paused_at, s.paused_by ->> 'id' AS paused_by,
                   s.pause_reason, coalesce(s.failures, 0) AS failures, s.open_until,
                   coalesce(s.failure_rate, 0) AS failure_rate,
                   coalesce(s.answers, 0) AS answers, s.answered_at, s.code,
                   coalesce(counts.waiting, 0) AS waiting, coalesce(counts.sent, 0) AS sent,
                   coalesce(counts.failed, 0) AS failed
              FROM destinations d
              FULL JOIN counts USING (tenant, id)
              LEFT JOIN (SELECT tenant, destination AS id, paused_at, paused_by, pause_reason,
                                failures, open_until, failure_rate, answers, answered_at, code
                           FROM destination_standings) s USING (tenant, id)
             ORDER BY tenant, id
            """
        )
        yield from cur.fetchall()
