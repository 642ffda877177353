"""Tables `directories` and `assignment_rules`: what a tenant has declared, kept for a moment."""

import time
from collections.abc import Callable

from functions.assign.rules import TenantRules
from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import TenantId

REFRESH_SECONDS = 15.0


class DeclaredRules:
    """Each tenant's rules, read again every few seconds: one tenant's trouble is its own."""

    def __init__(
        self, load: Callable[[TenantId], TenantRules], refresh_seconds: float = REFRESH_SECONDS
    ) -> None:
        self._load = load
        self._refresh_seconds = refresh_seconds
        self._held: dict[TenantId, tuple[float, TenantRules]] = {}

    def of(self, tenant: TenantId) -> TenantRules:
        """Raise Unavailable if they cannot be read."""
        stale_at, rules = self._held.get(tenant, (0.0, TenantRules()))
        if time.monotonic() >= stale_at:
            rules = self._load(tenant)
            self._held[tenant] = (time.monotonic() + self._refresh_seconds, rules)
        return rules


def read_rules(conn: Connection, tenant: TenantId) -> TenantRules:
    directories = conn.execute(
        """
        SELECT document
          FROM directories
         WHERE tenant = %(tenant)s
         ORDER BY id
        """,
        {"tenant": tenant},
    ).fetchall()
    rules = conn.execute(
        """
        SELECT document
          FROM assignment_rules
         WHERE tenant = %(tenant)s
         ORDER BY id
        """,
        {"tenant": tenant},
    ).fetchall()
    return TenantRules(
        directories=tuple(Directory.model_validate(document) for (document,) in directories),
        rules=tuple(AssignmentRule.model_validate(document) for (document,) in rules),
    )
