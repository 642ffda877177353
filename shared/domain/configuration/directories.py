"""Directories: where a tenant's authorities keep their caseworkers' accounts."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.domain.configuration.base import Entry, SecretRef

Dn = Annotated[str, StringConstraints(pattern=r"^[^=,]+=[^\x00-\x1f]+$")]
"""A distinguished name, as the directory shows it: `OU=Bauen\\, Planen,DC=amt,DC=example`."""

ServerUrl = Annotated[
    str, StringConstraints(pattern=r"^(ldaps?://[^/?#@\s]+|env:[A-Z][A-Z0-9_]*)$")
]
"""`ldaps://host`, `ldap://host:port`, or `env:NAME` where the installation knows the address."""

Text = Annotated[str, StringConstraints(min_length=1)]


class DirectoryKind(StrEnum):
    """Attribute names and account rules differ."""

    ACTIVE_DIRECTORY = "active_directory"
    OPENLDAP = "openldap"


class Directory(Entry):
    """`servers` are asked in their order. Nothing outside of `base` is looked at."""

    kind: DirectoryKind
    servers: tuple[ServerUrl, ...] = Field(min_length=1)
    start_tls: bool = False
    allow_plain: bool = False
    ca_file: Text | None = None
    base: Dn
    bind_dn: Text
    password: SecretRef
    authorities: tuple[Text, ...] = Field(min_length=1)
    # Whole seconds, since ldap3 takes no fractions; together well below the function's own limit.
    connect_timeout_seconds: int = Field(default=3, ge=1, le=10)
    answer_timeout_seconds: int = Field(default=5, ge=1, le=10)

    @model_validator(mode="after")
    def _protects_the_password(self) -> Self:
        if self.start_tls and any(server.startswith("ldaps://") for server in self.servers):
            raise ValueError(
                "start_tls goes with ldap:// only; ldaps:// is encrypted from the start"
            )
        if not all(self.may_bind_at(server) for server in self.servers):
            raise ValueError(
                "ldap:// would send the password in the clear: choose ldaps://, or start_tls = true"
                " (or, on one's own machine, allow_plain = true)"
            )
        return self

    def may_bind_at(self, server: str) -> bool:
        """Whether the password may be sent to this address."""
        return self.start_tls or self.allow_plain or not server.startswith("ldap://")
