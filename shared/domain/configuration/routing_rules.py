"""Routing rules: what a tenant decides itself, above the directory."""

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from shared.domain.configuration.assignment_rules import LeikaPrefix
from shared.domain.configuration.base import Entry, Slug
from shared.domain.configuration.field_mapping import Path
from shared.domain.submission import NOT_FILLED_IN

Text = Annotated[str, StringConstraints(min_length=1)]
RegionPrefix = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{9}|[0-9]{12})$")
]


def _value(text: str) -> str:
    if text.strip().casefold() in NOT_FILLED_IN:
        raise ValueError("counts as not filled in, and is never found")
    return text.strip()


class FieldCondition(BaseModel):
    """The form's field has one of these values, as it was sent (`true`, `2026-03-01`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    values: Annotated[tuple[Annotated[str, AfterValidator(_value)], ...], Field(min_length=1)]


class RoutingRule(Entry):
    """Cases that fit every condition given go to `authority`, one of the tenant's own.

    It decides over the tenant's own cases and those that nobody else here is responsible for.
    """

    authority: Slug
    form: Text | None = None
    leika_prefix: LeikaPrefix | None = None
    region: RegionPrefix | None = None
    field: FieldCondition | None = None

    @model_validator(mode="after")
    def _has_a_condition(self) -> Self:
        if not any((self.form, self.leika_prefix, self.region, self.field)):
            raise ValueError("has no condition: give form, leika_prefix, region or field")
        return self
