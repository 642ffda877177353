"""Assignment rules: which group or unit of the directory gets an authority's cases, and how."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from shared.domain.caseworkers import Target, TargetKind
from shared.domain.configuration.base import Entry, Slug, Text
from shared.domain.configuration.conditions import FieldCondition, LeikaPrefix, RegionPrefix
from shared.domain.configuration.directory_mapping import Dn
from shared.domain.configuration.field_mapping import Path


class Strategy(StrEnum):
    """Who of the target gets the case.

    `sticky`: whoever has another open case of the same applicant; without one, as by open cases.
    """

    LEAST_OPEN_CASES = "least_open_cases"
    ROUND_ROBIN = "round_robin"
    STICKY = "sticky"
    TEAM_TRAY = "team_tray"


class Substitute(StrEnum):
    """Who stands in where nobody of the target is available, or the one it should be is not."""

    DEPUTY = "deputy"
    MANAGER = "manager"


class Tray(StrEnum):
    """Of the authority."""

    TEAM_TRAY = "team_tray"
    POST_ROOM = "post_room"


class Aim(BaseModel):
    """A group or a unit of the directory, or neither."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: Dn | None = None
    unit: Dn | None = None

    @property
    def target(self) -> Target | None:
        if self.group is not None:
            return Target(kind=TargetKind.GROUP, dn=self.group)
        if self.unit is not None:
            return Target(kind=TargetKind.UNIT, dn=self.unit)
        return None

    @model_validator(mode="after")
    def _names_one_target(self) -> Self:
        if self.group is not None and self.unit is not None:
            raise ValueError("name a group or a unit, not both")
        return self


class Fallback(Aim):
    """Where a case goes that finds nobody: to another group or unit, or to a tray."""

    tray: Tray | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.tray is None) == (self.target is None):
            raise ValueError("name one: a group, a unit, or a tray")
        return self


class AssignmentRule(Aim, Entry):
    """Counts for the cases of its authority that fit every condition given.

    `substitutes` are tried in their order. `applicant_fields` tell `sticky` who the applicant is;
    without them it goes by the mailbox (Postfach) of the applicant's account.
    """

    authority: Slug
    form: Text | None = None
    leika_prefix: LeikaPrefix | None = None
    region: RegionPrefix | None = None
    field: FieldCondition | None = None
    strategy: Strategy = Strategy.LEAST_OPEN_CASES
    applicant_fields: tuple[Path, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    fallback: Fallback = Fallback(tray=Tray.TEAM_TRAY)

    @model_validator(mode="after")
    def _has_whom_to_choose_from(self) -> Self:
        if self.target is None and self.strategy is not Strategy.TEAM_TRAY:
            raise ValueError(f"{self.strategy} needs a group or a unit to choose from")
        if self.applicant_fields and self.strategy is not Strategy.STICKY:
            raise ValueError("applicant_fields are for the strategy sticky only")
        return self
