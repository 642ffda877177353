"""Tables `directories`, `assignment_rules` and `authorities`: declared, and kept for a moment."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from pydantic import ValidationError

from functions.assign.rules import TenantRules
from shared.adapters.postgres.pool import Connection
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.base import Entry
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import TenantId

E = TypeVar("E", bound=Entry)

REFRESH_SECONDS = 15.0

_logger = structlog.get_logger()


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
    """Raise Unavailable if one of them cannot be read by this version."""
    directories = conn.execute(
        """
        SELECT id, document
          FROM directories
         WHERE tenant = %(tenant)s
         ORDER BY id
        """,
        {"tenant": tenant},
    ).fetchall()
    rules = conn.execute(
        """
        SELECT id, document
          FROM assignment_rules
         WHERE tenant = %(tenant)s
         ORDER BY id
        """,
        {"tenant": tenant},
    ).fetchall()
    authorities = conn.execute(
        """
        SELECT id, document
          FROM authorities
         WHERE tenant = %(tenant)s
         ORDER BY id
        """,
        {"tenant": tenant},
    ).fetchall()
    return TenantRules(
        directories=_all_of(Directory, "directories", tenant, directories),
        rules=_all_of(AssignmentRule, "assignment_rules", tenant, rules),
        authorities=_all_of(Authority, "authorities", tenant, authorities),
    )


def _all_of(
    model: type[E], kind: str, tenant: TenantId, rows: Iterable[tuple[str, object]]
) -> tuple[E, ...]:
    """Without one of them a case might go to somebody else: it waits for whoever can read it."""
    entries = []
    for id_, document in rows:
        try:
            entries.append(model.model_validate(document))
        except ValidationError:
            raise Unavailable(f"{kind} {tenant}/{id_} is not readable by this version") from None
    return tuple(entries)


def read_directories(conn: Connection) -> list[tuple[TenantId, Directory]]:
    """Every tenant's; one that this version cannot read is left out, and told of."""
    rows = conn.execute(
        """
        SELECT tenant, id, document
          FROM directories
         ORDER BY tenant, id
        """
    ).fetchall()
    directories = []
    for tenant, id_, document in rows:
        try:
            directories.append((TenantId(tenant), Directory.model_validate(document)))
        except ValidationError:
            _logger.error("directory_unreadable", tenant=tenant, directory=id_)
    return directories
