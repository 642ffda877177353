"""What a rule may ask of a case, whether it routes or assigns it."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.domain.configuration.field_mapping import Path
from shared.domain.submission import NOT_FILLED_IN

LeikaPrefix = Annotated[str, StringConstraints(pattern=r"^99[0-9]{0,12}$")]
"""The first digits of a LeiKa key, all 14 at most."""

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
