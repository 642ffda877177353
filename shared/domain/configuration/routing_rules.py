"""Routing rules: what a tenant decides itself, above the directory."""

from typing import Self

from pydantic import model_validator

from shared.domain.configuration.base import Entry, Slug, Text
from shared.domain.configuration.conditions import FieldCondition, LeikaPrefix, RegionPrefix


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
