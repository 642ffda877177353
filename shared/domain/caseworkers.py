"""Who could work on a case, as an authority's directory knows them: ids, never names."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.identifiers import AccountId, UnitId

DIRECTORY_DOUBTFUL = "directory_doubtful"
"""The kind of task: a directory knows too few of those who have cases to be believed."""


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

    SERVICE_ACCOUNT = "service_account"
    DISABLED = "disabled"
    EXPIRED = "expired"
    LOCKED = "locked"
    ABSENT = "absent"
    NO_CAPACITY = "no_capacity"


class Absence(BaseModel):
    """Without `ends_at` until further notice. `hands_over`: open cases go to somebody else, too."""

    model_config = ConfigDict(frozen=True)

    starts_at: datetime
    ends_at: datetime | None = None
    deputy: AccountId | None = None
    hands_over: bool = True

    def covers(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class OwnSetting(BaseModel):
    """What was told to us about an account, beside what its directory says of it."""

    model_config = ConfigDict(frozen=True)

    capacity: int | None = Field(default=None, ge=0)
    absences: tuple[Absence, ...] = ()


class Account(BaseModel):
    """`id` is the directory's objectGUID or entryUUID: it stays when the person is renamed.

    `capacity` is in percent of a full share of cases. `deputy` and `manager` are distinguished
    names, as the directory has them.
    """

    model_config = ConfigDict(frozen=True)

    id: AccountId
    enabled: bool = True
    expires_at: datetime | None = None
    locked: bool = False
    is_service: bool = False
    capacity: int = Field(default=100, ge=0)
    absences: tuple[Absence, ...] = ()
    deputy: str | None = None
    manager: str | None = None

    def with_own(self, own: OwnSetting | None) -> "Account":
        """Our own table knows better than the directory; absences count wherever they are noted."""
        if own is None:
            return self
        capacity = self.capacity if own.capacity is None else own.capacity
        absences = tuple(dict.fromkeys((*own.absences, *self.absences)))
        return self.model_copy(update={"capacity": capacity, "absences": absences})

    def absence(self, now: datetime) -> Absence | None:
        return next((each for each in self.absences if each.covers(now)), None)

    def left_out(self, now: datetime) -> LeftOut | None:
        if self.is_service:
            return LeftOut.SERVICE_ACCOUNT
        if not self.enabled:
            return LeftOut.DISABLED
        if self.expires_at is not None and self.expires_at <= now:
            return LeftOut.EXPIRED
        if self.locked:
            return LeftOut.LOCKED
        if self.absence(now) is not None:
            return LeftOut.ABSENT
        return LeftOut.NO_CAPACITY if self.capacity == 0 else None


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
