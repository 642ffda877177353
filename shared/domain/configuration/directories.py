"""Directories: where a tenant's authorities keep their caseworkers' accounts."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.domain.configuration.base import Entry, SecretRef, Text
from shared.domain.configuration.directory_mapping import (
    ACTIVE_DIRECTORY,
    OPENLDAP,
    Dn,
    Mapping,
    MappingChanges,
)

ServerUrl = Annotated[
    str, StringConstraints(pattern=r"^(ldaps?://[^/?#@\s]+|env:[A-Z][A-Z0-9_]*)$")
]
"""`ldaps://host`, `ldap://host:port`, or `env:NAME` where the installation knows the address."""


class DirectoryKind(StrEnum):
    """Attribute names and account rules differ."""

    ACTIVE_DIRECTORY = "active_directory"
    OPENLDAP = "openldap"
    OTHER = "other"


class Directory(Entry):
    """`servers` are asked in their order. Nothing outside of `base` is looked at.

    An answer counts for `fresh_seconds`. While no server answers, the last good one does for
    `last_good_minutes`; without one, a case is tried again for `give_up_after_minutes`, and lies in
    its authority's team tray then. Every `check_every_minutes` it is asked whether whoever holds
    cases is still there.
    """

    kind: DirectoryKind
    mapping: MappingChanges = MappingChanges()
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
    fresh_seconds: float = Field(default=15, ge=0, le=600)
    last_good_minutes: float = Field(default=240, ge=0)
    give_up_after_minutes: float = Field(default=15, ge=0)
    check_every_minutes: float = Field(default=10, ge=1)

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

    @property
    def mapped(self) -> Mapping:
        """What the kind says, and the entry otherwise."""
        known = {DirectoryKind.ACTIVE_DIRECTORY: ACTIVE_DIRECTORY, DirectoryKind.OPENLDAP: OPENLDAP}
        if self.kind in known:
            return known[self.kind].changed_by(self.mapping)
        return Mapping.model_validate(self.mapping.given())

    @model_validator(mode="after")
    def _is_mapped(self) -> Self:
        if self.kind is DirectoryKind.OTHER and (
            self.mapping.id is None or not self.mapping.people
        ):
            raise ValueError("of kind other: mapping has to say at least id and people")
        if self.mapped.groups and not self.mapped.members:
            raise ValueError("mapping names groups, and no attribute that holds their members")
        return self

    def may_bind_at(self, server: str) -> bool:
        """Whether the password may be sent to this address."""
        return self.start_tls or self.allow_plain or not server.startswith("ldap://")
