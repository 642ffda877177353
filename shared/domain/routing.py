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
from shared.domain.regions import Location


class Rule(StrEnum):
    """Which rule decided."""

    ROUTING_RULE = "routing_rule"
    NAMED_UNIT = "named_unit"
    SERVICE_AND_REGION = "service_and_region"
    PERSON = "person"
    CLEARING_OFFICE = "clearing_office"


class Warn(StrEnum):
    """What a person should know although the case could be routed."""

    NAMED_UNIT_UNKNOWN = "named_unit_unknown"
    NAMED_UNIT_NOT_RESPONSIBLE = "named_unit_not_responsible"
    NAMED_UNIT_NOT_CHECKED = "named_unit_not_checked"
    SERVICE_UNKNOWN = "service_unknown"
    SERVICE_MALFORMED = "service_malformed"
    REGION_FORMER = "region_former"


class Precedence(StrEnum):
    """What counts first where several entries match: the narrower region, or the service."""

    REGION = "region"
    SERVICE = "service"


class NotResponsible(StrEnum):
    """What becomes of a case whose sender names a unit that the directory does not hold
    responsible: it gets the case, with a warning, or people decide."""

    FOLLOW = "follow"
    CLEARING_OFFICE = "clearing_office"


class Candidate(BaseModel):
    """One entry of the directory that matches a service asked for; `lost` says why it lost.

    `authority` is None where no tenant here has declared the unit. `municipality` is the ARS it
    was looked up for.
    """

    model_config = ConfigDict(frozen=True)

    unit: UnitId | None = None
    authority: AuthorityId | None = None
    name: str
    asked: LeikaKey
    leika_key: LeikaKey
    region: RegionKey
    municipality: RegionKey | None = None
    role: str
    valid_from: date | None = None
    valid_to: date | None = None
    lost: str | None = None

    @property
    def bearer(self) -> str:
        return self.authority or self.unit or self.name


class RoutingDecision(BaseModel):
    """`reason` and `lost` are sentences made of ids and codes, for the clearing office to read.

    `located` are the municipalities that the place may be, and how they were found; `place_from`
    says who stated it: the sender, or the form's field. `routing_rule` is the tenant's rule that
    decided.
    """

    model_config = ConfigDict(frozen=True)

    rule: Rule
    authority: AuthorityId
    tenant: TenantId | None = None
    reason: str
    leika_keys: tuple[LeikaKey, ...] = ()
    region: RegionKey | None = None
    located: Location = Location()
    place_from: str | None = None
    named_unit: UnitId | None = None
    routing_rule: str | None = None
    precedence: Precedence = Precedence.REGION
    decided_for: date | None = None  # the day that validity was judged by
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
