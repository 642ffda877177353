"""Who could work on a case, as an authority's directory knows them: ids, never names."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import AccountId, UnitId


class TargetKind(StrEnum):
    """A group has members, directly or through other groups; a unit holds accounts."""

    GROUP = "group"
    UNIT = "unit"


class Target(BaseModel):
    """A group or unit of a directory, by its distinguished name."""

    model_config = ConfigDict(frozen=True)

    kind: TargetKind
    dn: str


class LeftOut(StrEnum):
    """Why a member gets no case."""

    DISABLED = "disabled"
    EXPIRED = "expired"


class Account(BaseModel):
    """`id` is the directory's objectGUID or entryUUID: it stays when the person is renamed."""

    model_config = ConfigDict(frozen=True)

    id: AccountId
    enabled: bool = True
    expires_at: datetime | None = None

    def left_out(self, now: datetime) -> LeftOut | None:
        if not self.enabled:
            return LeftOut.DISABLED
        if self.expires_at is not None and self.expires_at <= now:
            return LeftOut.EXPIRED
        return None


class Members(BaseModel):
    """Everyone in a target, each once, in no particular order.

    `unreadable` counts members that are no account, or that the directory does not let us read.
    """

    model_config = ConfigDict(frozen=True)

    unit: UnitId
    accounts: tuple[Account, ...] = ()
    unreadable: int = 0

    def available(self, now: datetime) -> list[AccountId]:
        return sorted(each.id for each in self.accounts if each.left_out(now) is None)
