"""Senders: the form servers that deliver, declared by the operator of the installation."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.configuration.base import Entry, SecretRef


class TrustedNetwork(BaseModel):
    """No proof of identity: whoever reaches the endpoint is this sender. Has to be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["trusted_network"]


class BasicAuthentication(BaseModel):
    """HTTP Basic (RFC 7617)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["basic"]
    username: str
    passwords: tuple[SecretRef, ...] = Field(min_length=1, max_length=2)


class BearerToken(BaseModel):
    """A fixed token in the Authorization header (RFC 6750); two while one is being replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["bearer"]
    tokens: tuple[SecretRef, ...] = Field(min_length=1, max_length=2)


Authentication = Annotated[
    TrustedNetwork | BasicAuthentication | BearerToken, Field(discriminator="kind")
]


class Sender(Entry):
    """`platform` names the wire format; a sender marked `is_test` only ever makes test cases."""

    platform: Literal["ozg_cloud"]
    authentication: Authentication
    is_test: bool = False
