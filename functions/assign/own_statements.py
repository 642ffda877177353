"""What people tell us of themselves: when they are away, who stands in, how much they take.

A caseworker speaks for their own account, an operator for any; who else may is the caller's to
decide. Nothing is overwritten: who said what, and who took it back, stays on record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.actor import Actor, ActorKind
from shared.domain.caseworkers import Absence
from shared.domain.errors import NotAssignable
from shared.domain.identifiers import AccountId, TenantId

LARGEST_CAPACITY = 1_000
_LONGEST_PAST = timedelta(days=366)


@dataclass(frozen=True)
class StatedAbsence:
    id: int
    tenant: TenantId
    account: AccountId
    absence: Absence


class OwnStatements(Protocol):
    def add_absence(
        self, tenant: TenantId, account: AccountId, absence: Absence, actor: Actor
    ) -> int:
        """Its number."""
        ...

    def absence(self, id_: int) -> StatedAbsence | None:
        """None if there is none, or if it has been revoked."""
        ...

    def revoke(self, id_: int, actor: Actor) -> None: ...

    def set_capacity(
        self, tenant: TenantId, account: AccountId, percent: int | None, actor: Actor
    ) -> None:
        """None: what the directory says counts again."""
        ...


def out_of_office(
    tenant: TenantId,
    account: AccountId,
    absence: Absence,
    actor: Actor,
    statements: OwnStatements,
    now: datetime,
) -> int:
    """From now on nobody gets new cases who is away then. Raise NotAssignable."""
    _require_own(account, actor)
    if absence.ends_at is not None and absence.ends_at <= absence.starts_at:
        raise NotAssignable("the absence ends before it begins")
    if absence.ends_at is not None and absence.ends_at <= now:
        raise NotAssignable("the absence is over already")
    if absence.starts_at < now - _LONGEST_PAST:
        raise NotAssignable("the absence began more than a year ago; is the date right?")
    if absence.deputy == account:
        raise NotAssignable("nobody is their own deputy")
    return statements.add_absence(tenant, account, absence, actor)


def back(id_: int, actor: Actor, statements: OwnStatements) -> StatedAbsence:
    """It counts no more from now on. Raise NotAssignable."""
    stated = statements.absence(id_)
    if stated is None:
        raise NotAssignable(f"there is no absence {id_}, or it has been taken back")
    _require_own(stated.account, actor)
    statements.revoke(id_, actor)
    return stated


def set_capacity(
    tenant: TenantId,
    account: AccountId,
    percent: int | None,
    actor: Actor,
    statements: OwnStatements,
) -> None:
    """The share of new cases; 0 gets none, None leaves it to the directory."""
    _require_own(account, actor)
    if percent is not None and not 0 <= percent <= LARGEST_CAPACITY:
        raise NotAssignable(f"a capacity is between 0 and {LARGEST_CAPACITY} percent")
    statements.set_capacity(tenant, account, percent, actor)


def _require_own(account: AccountId, actor: Actor) -> None:
    if actor.kind is not ActorKind.OPERATOR and actor != Actor.caseworker(account):
        raise NotAssignable("one speaks for one's own account only")
