"""Forms: which of their fields say where the matter is, if the sender does not."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.domain.configuration.base import Entry, Slug
from shared.domain.configuration.field_mapping import Path


class Whereabouts(BaseModel):
    """Fields that state one place: of the matter, or of the applicant.

    `region` holds a regional key. `address` is one line that ends in postcode and town.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: Literal["matter", "applicant"]
    region: Path | None = None
    postcode: Path | None = None
    name: Path | None = None
    address: Path | None = None

    @model_validator(mode="after")
    def _names_a_field(self) -> Self:
        if not any((self.region, self.postcode, self.name, self.address)):
            raise ValueError("names no field: give region, postcode, name or address")
        if self.address and (self.postcode or self.name):
            raise ValueError("address holds postcode and town: name it or them, not both")
        return self


class Form(Entry):
    """`form` is what senders call it. The first of `where` that is filled in counts.

    Without `senders` it counts for the form of every sender.
    """

    form: Annotated[str, StringConstraints(min_length=1)]
    senders: tuple[Slug, ...] = ()
    where: Annotated[tuple[Whereabouts, ...], Field(min_length=1)]
