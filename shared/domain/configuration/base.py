"""What all declared entries share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""An id people choose: lower-case letters, digits and hyphens."""

Text = Annotated[str, StringConstraints(min_length=1)]

SecretRef = Annotated[str, StringConstraints(pattern=r"^(env:[A-Z][A-Z0-9_]*|file:/.+)$")]
"""Where a secret is found, `env:NAME` or `file:/path`; never the secret itself."""


class Part(BaseModel):
    """What is declared, of an entry or as one: an unknown member is refused, so that a typing
    error is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Part):
    """One declared entry."""

    id: Slug
