"""Table `destination_standings`, as a person stops a destination and lets it go on."""

import json

from shared.adapters.postgres.pool import Connection
from shared.domain.actor import Actor
from shared.domain.identifiers import DestinationId, TenantId


def pause(
    conn: Connection, tenant: TenantId, destination: DestinationId, actor: Actor, reason: str
) -> bool:
    """From its commit on nothing more begins to be sent. False if it is paused already."""
    cur = conn.execute(
        """
        INSERT INTO destination_standings AS known
               (tenant, destination, paused_at, paused_by, pause_reason)
        VALUES (%(tenant)s, %(destination)s, now(), %(actor)s, %(reason)s)
        ON CONFLICT (tenant, destination) DO UPDATE
           SET paused_at = EXCLUDED.paused_at, paused_by = EXCLUDED.paused_by,
               pause_reason = EXCLUDED.pause_reason
         WHERE known.paused_at IS NULL
        """,
        {
            "tenant": tenant,
            "destination": destination,
            "actor": json.dumps(actor.model_dump(mode="json")),
            "reason": reason,
        },
    )
    return cur.rowcount == 1


def resume(conn: Connection, tenant: TenantId, destination: DestinationId) -> bool:
    """With a new start for the circuit breaker. False if it was not paused.

    Once this is committed, `release` lets go what was held: not before, so that nothing is held
    by the pause afterwards.
    """
    cur = conn.execute(
        """
        UPDATE destination_standings
           SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, failures = 0,
               open_until = NULL
         WHERE tenant = %(tenant)s AND destination = %(destination)s AND paused_at IS NOT NULL
        """,
        {"tenant": tenant, "destination": destination},
    )
    return cur.rowcount == 1


def release(conn: Connection, tenant: TenantId, destination: DestinationId) -> int:
    """Due now, with a new window: the pause does not count. How many cases were waiting."""
    cases = conn.execute(
        """
        UPDATE cases c
           SET next_wake_at = now(), wake_attempts = 0
          FROM forwardings f
         WHERE f.tenant = %(tenant)s AND f.destination = %(destination)s
           AND f.held_by = 'pause' AND c.id = f.case_id AND c.round = f.round
        """,
        {"tenant": tenant, "destination": destination},
    ).rowcount
    conn.execute(
        """
        UPDATE forwardings
           SET due_at = now(), window_from = now(), held_by = NULL
         WHERE tenant = %(tenant)s AND destination = %(destination)s AND held_by = 'pause'
        """,
        {"tenant": tenant, "destination": destination},
    )
    return cases
