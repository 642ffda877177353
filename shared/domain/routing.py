"""A routing decision as it is stored with the case: who, by which rule, and why nobody else."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AuthorityId,
    LeikaKey,
    RegionKey,
    TenantId,
    UnitId,
)


class Rule(StrEnum):
    """Which rule decided."""

    NAMED_UNIT = "named_unit"
    SERVICE_AND_REGION = "service_and_region"
    CLEARING_OFFICE = "clearing_office"


class Warn(StrEnum):
    """What a person should know although the case could be routed."""

    NAMED_UNIT_UNKNOWN = "named_unit_unknown"
    NAMED_UNIT_NOT_RESPONSIBLE = "named_unit_not_responsible"
    NAMED_UNIT_NOT_CHECKED = "named_unit_not_checked"
    SERVICE_UNKNOWN = "service_unknown"


class Candidate(BaseModel):
    """One entry of the directory that matches a service asked for; `lost` says why it lost."""

    model_config = ConfigDict(frozen=True)

    authority: AuthorityId
    name: str
    asked: LeikaKey
    leika_key: LeikaKey
    region: RegionKey
    role: str
    valid_from: date | None = None
    valid_to: date | None = None
    lost: str | None = None


class RoutingDecision(BaseModel):
    """`reason` and `lost` are sentences made of ids and codes, for the clearing office to read."""

    model_config = ConfigDict(frozen=True)

    rule: Rule
    authority: AuthorityId
    tenant: TenantId | None = None
    reason: str
    leika_keys: tuple[LeikaKey, ...] = ()
    region: RegionKey | None = None
    named_unit: UnitId | None = None
    directory_version: int
    directory_name: str
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[Warn, ...] = ()

    def to_clearing_office(self, reason: str) -> Self:
        return self.model_copy(
            update={
                "rule": Rule.CLEARING_OFFICE,
                "authority": CLEARING_OFFICE,
                "tenant": None,
                "reason": reason,
            }
        )
