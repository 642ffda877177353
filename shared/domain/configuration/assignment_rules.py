"""Assignment rules: which group or unit of the directory gets an authority's cases, and how."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator

from shared.domain.caseworkers import Target, TargetKind
from shared.domain.configuration.base import Entry
from shared.domain.configuration.directories import Dn, Text

LeikaPrefix = Annotated[str, StringConstraints(pattern=r"^99[0-9]{0,12}$")]
"""The first digits of a LeiKa key, all 14 at most."""


class Strategy(StrEnum):
    """Who of the target gets the case."""

    LEAST_OPEN_CASES = "least_open_cases"
    TEAM_TRAY = "team_tray"


class AssignmentRule(Entry):
    """Counts for cases of its authority, of its services and its form, if it names any."""

    authority: Text
    leika_prefix: LeikaPrefix | None = None
    form: Text | None = None
    group: Dn | None = None
    unit: Dn | None = None
    strategy: Strategy = Strategy.LEAST_OPEN_CASES

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
        if self.target is None and self.strategy is Strategy.LEAST_OPEN_CASES:
            raise ValueError("least_open_cases needs a group or a unit to choose from")
        return self
