"""Tables `forwardings`, `forwarding_attempts`, `forwarding_steps`, as one attempt changes them."""

import json
from datetime import datetime
from uuid import UUID

from shared.adapters.postgres.pool import Connection
from shared.domain.destination_standing import HeldBy
from shared.domain.forwarding import ForwardingId, ForwardingState, Receipt


class PostgresClaims:
    """Works inside the caller's transaction; never commits. Times are the database's.

    A message that was sent, and is only asked after, is never planned anew.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def hold(self, forwarding_id: ForwardingId, held_by: HeldBy, until: datetime) -> None:
        self._conn.execute(
            """
            UPDATE forwardings
               SET state = CASE WHEN sent_at IS NULL THEN 'planned' ELSE 'sent' END,
                   held_by = %(held_by)s, due_at = %(until)s,
                   lease_owner = NULL, lease_until = NULL
             WHERE id = %(id)s
            """,
            {"id": forwarding_id, "held_by": held_by, "until": until},
        )

    def claim(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> int:
        row = self._conn.execute(
            """
            WITH claimed AS (
                UPDATE forwardings
                   SET state = 'sending', lease_owner = %(owner)s, attempts = attempts + 1,
                       held_by = NULL,
                       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
                 WHERE id = %(id)s
                RETURNING id, attempts, sent_at
            )
            INSERT INTO forwarding_attempts (forwarding_id, number, asked)
            SELECT id, attempts, sent_at IS NOT NULL
              FROM claimed
            RETURNING number
            """,
            {"id": forwarding_id, "owner": owner, "lease": lease_seconds},
        ).fetchone()
        assert row is not None  # noqa: S101 - the row was selected under the case's lock
        number: int = row[0]
        return number

    def renew(self, forwarding_id: ForwardingId, owner: UUID, lease_seconds: float) -> bool:
        cur = self._conn.execute(
            """
            UPDATE forwardings f
               SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
              FROM cases c
             WHERE f.id = %(id)s AND f.lease_owner = %(owner)s AND c.id = f.case_id
               AND c.round = f.round AND c.authority = f.authority AND c.tenant = f.tenant
            """,
            {"id": forwarding_id, "owner": owner, "lease": lease_seconds},
        )
        return cur.rowcount == 1

    def steps(self, forwarding_id: ForwardingId) -> frozenset[str]:
        rows = self._conn.execute(
            "SELECT step FROM forwarding_steps WHERE forwarding_id = %(id)s", {"id": forwarding_id}
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def note(self, forwarding_id: ForwardingId, step: str, number: int) -> None:
        self._conn.execute(
            """
            INSERT INTO forwarding_steps (forwarding_id, step, attempt)
            VALUES (%(id)s, %(step)s, %(number)s)
            ON CONFLICT DO NOTHING
            """,
            {"id": forwarding_id, "step": step, "number": number},
        )

    def forget_steps(self, forwarding_id: ForwardingId) -> None:
        self._conn.execute(
            "DELETE FROM forwarding_steps WHERE forwarding_id = %(id)s", {"id": forwarding_id}
        )

    def freeze(self, forwarding_id: ForwardingId, message_sha256: str) -> str:
        row = self._conn.execute(
            """
            UPDATE forwardings
               SET message_sha256 = coalesce(message_sha256, decode(%(sha256)s, 'hex'))
             WHERE id = %(id)s
            RETURNING encode(message_sha256, 'hex')
            """,
            {"id": forwarding_id, "sha256": message_sha256},
        ).fetchone()
        assert row is not None  # noqa: S101 - forwardings are never deleted while one is sent
        recorded: str = row[0]
        return recorded

    def end_attempt(
        self,
        forwarding_id: ForwardingId,
        number: int,
        outcome: str,
        status: int | None = None,
        code: str | None = None,
        external_id: str | None = None,
    ) -> None:
        self._conn.execute(
            """
            UPDATE forwarding_attempts
               SET ended_at = clock_timestamp(), outcome = %(outcome)s, status = %(status)s,
                   code = %(code)s, external_id = %(external_id)s
             WHERE forwarding_id = %(id)s AND number = %(number)s
            """,
            {
                "id": forwarding_id,
                "number": number,
                "outcome": outcome,
                "status": status,
                "code": code,
                "external_id": external_id,
            },
        )

    def accept(self, forwarding_id: ForwardingId, owner: UUID, receipt: Receipt) -> bool:
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'accepted', lease_owner = NULL, lease_until = NULL,
                   external_id = %(external_id)s, receipt = %(receipt)s, code = NULL, reason = NULL
             WHERE id = %(id)s AND (lease_owner = %(owner)s OR state = 'superseded')
            """,
            {
                "id": forwarding_id,
                "owner": owner,
                "external_id": receipt.external_id,
                "receipt": json.dumps(receipt.model_dump(exclude_none=True)),
            },
        )
        return cur.rowcount == 1

    def sent(
        self,
        forwarding_id: ForwardingId,
        owner: UUID,
        receipt: Receipt,
        ask_after_seconds: float,
        within_seconds: float,
    ) -> ForwardingState | None:
        row = self._conn.execute(
            """
            UPDATE forwardings
               SET state = CASE WHEN w.ends <= clock_timestamp() THEN 'given_up' ELSE 'sent' END,
                   code = CASE WHEN w.ends <= clock_timestamp() THEN 'no_receipt' END,
                   sent_at = w.sent_at, reason = NULL,
                   due_at = least(clock_timestamp() + make_interval(secs => %(ask_after)s), w.ends),
                   lease_owner = NULL, lease_until = NULL,
                   external_id = coalesce(%(external_id)s, external_id), receipt = %(receipt)s
              FROM (SELECT id, coalesce(sent_at, clock_timestamp()) AS sent_at,
                           coalesce(sent_at, clock_timestamp())
                               + make_interval(secs => %(within)s) AS ends
                      FROM forwardings
                     WHERE id = %(id)s) w
             WHERE forwardings.id = w.id AND lease_owner = %(owner)s
            RETURNING state
            """,
            {
                "id": forwarding_id,
                "owner": owner,
                "ask_after": ask_after_seconds,
                "within": within_seconds,
                "external_id": receipt.external_id,
                "receipt": json.dumps(receipt.model_dump(exclude_none=True)),
            },
        ).fetchone()
        return ForwardingState(row[0]) if row else None

    def reject(
        self, forwarding_id: ForwardingId, owner: UUID, code: str | None, reason: str | None
    ) -> bool:
        cur = self._conn.execute(
            """
            UPDATE forwardings
               SET state = 'rejected', lease_owner = NULL, lease_until = NULL,
                   code = %(code)s, reason = left(%(reason)s, 500)
             WHERE id = %(id)s AND lease_owner = %(owner)s
            """,
            {"id": forwarding_id, "owner": owner, "code": code, "reason": reason},
        )
        return cur.rowcount == 1

    def postpone(
        self,
        forwarding_id: ForwardingId,
        owner: UUID,
        delay: float,
        window: float,
        code: str | None,
    ) -> ForwardingState | None:
        row = self._conn.execute(
            """
            UPDATE forwardings
               SET state = CASE WHEN w.ends <= clock_timestamp() THEN 'given_up'
                                WHEN sent_at IS NOT NULL THEN 'sent'
                                ELSE 'planned' END,
                   due_at = least(clock_timestamp() + make_interval(secs => %(delay)s), w.ends),
                   code = %(code)s, lease_owner = NULL, lease_until = NULL
              FROM (SELECT id, coalesce(sent_at, window_from)
                               + make_interval(secs => %(window)s) AS ends
                      FROM forwardings
                     WHERE id = %(id)s) w
             WHERE forwardings.id = w.id AND lease_owner = %(owner)s
            RETURNING state
            """,
            {
                "id": forwarding_id,
                "owner": owner,
                "delay": delay,
                "window": window,
                "code": code,
            },
        ).fetchone()
        return ForwardingState(row[0]) if row else None

    def release(self, forwarding_id: ForwardingId, owner: UUID) -> None:
        self._conn.execute(
            """
            UPDATE forwardings
               SET state = CASE WHEN sent_at IS NULL THEN 'planned' ELSE 'sent' END,
                   lease_owner = NULL, lease_until = NULL
             WHERE id = %(id)s AND lease_owner = %(owner)s
            """,
            {"id": forwarding_id, "owner": owner},
        )
