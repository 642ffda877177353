"""What the entries of a directory mean: attribute names and formats, per kind, as data."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints

from shared.domain.configuration.base import Part

Attribute = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*$")]

ObjectClass = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")]

Dn = Annotated[str, StringConstraints(pattern=r"^[^=,]+=[^\x00-\x1f]+$")]
"""A distinguished name, as the directory shows it: `OU=Bauen\\, Planen,DC=amt,DC=example`."""


class IdFormat(StrEnum):
    """`guid`: 16 bytes as Active Directory keeps them; the others are text."""

    GUID = "guid"
    UUID = "uuid"
    TEXT = "text"


class MomentFormat(StrEnum):
    """`filetime`: tenths of a microsecond since 1601, where 0 and the highest number are never.

    `days`: since 1970, below 0 never. `time`: LDAP's generalized time. `date`: `2026-12-24`.
    """

    FILETIME = "filetime"
    DAYS = "days"
    TIME = "time"
    DATE = "date"


class Values(Part):
    """One of the attribute's values is one of these; `*` stands for any text, case counts not."""

    attribute: Attribute
    values: tuple[str, ...] = Field(min_length=1)


class Bits(Part):
    """The attribute is a number in which one of these bits is set."""

    attribute: Attribute
    bits: int = Field(gt=0)


Condition = Values | Bits


class Moment(Part):
    attribute: Attribute
    format: MomentFormat


class Mapping(Part):
    """A person has one of the classes `people` and none of `no_people`, and each of `required`.

    `own_name` is the attribute by which an entry is found under its distinguished name.
    `in_chain`: the server resolves nested groups itself, as Active Directory does; else they are
    walked. `primary_group`: whoever has the group as primary group is a member, too.
    `unit_reference` is an attribute of people that holds the id of their unit, where they do not
    lie in it. `locked_minutes` is how long a lock lasts whose time is in `locked_since`; without
    it, until somebody unlocks. Below `service_units` all are service accounts.
    """

    id: Attribute
    id_format: IdFormat = IdFormat.TEXT
    own_name: Attribute = "entryDN"
    people: tuple[ObjectClass, ...] = Field(min_length=1)
    no_people: tuple[ObjectClass, ...] = ()
    required: tuple[Attribute, ...] = ()
    groups: tuple[ObjectClass, ...] = ()
    members: tuple[Attribute, ...] = ()
    in_chain: bool = False
    primary_group: bool = False
    unit_reference: Attribute | None = None
    disabled: tuple[Condition, ...] = ()
    expires: Moment | None = None
    locked: tuple[Condition, ...] = ()
    locked_since: Moment | None = None
    locked_minutes: int | None = Field(default=None, gt=0)
    service: tuple[Condition, ...] = ()
    service_units: tuple[Dn, ...] = ()
    deputy: Attribute | None = None
    manager: Attribute | None = None
    capacity: Attribute | None = None
    absent: tuple[Condition, ...] = ()
    absent_from: Moment | None = None
    absent_until: Moment | None = None
    mail: Attribute = "mail"

    def changed_by(self, changes: "MappingChanges") -> Self:
        return self.model_copy(update=changes.given())


class MappingChanges(Part):
    """What a directory declares otherwise than its kind, or, for the kind `other`, all of it."""

    id: Attribute | None = None
    id_format: IdFormat | None = None
    own_name: Attribute | None = None
    people: tuple[ObjectClass, ...] | None = None
    no_people: tuple[ObjectClass, ...] | None = None
    required: tuple[Attribute, ...] | None = None
    groups: tuple[ObjectClass, ...] | None = None
    members: tuple[Attribute, ...] | None = None
    in_chain: bool | None = None
    primary_group: bool | None = None
    unit_reference: Attribute | None = None
    disabled: tuple[Condition, ...] | None = None
    expires: Moment | None = None
    locked: tuple[Condition, ...] | None = None
    locked_since: Moment | None = None
    locked_minutes: int | None = Field(default=None, gt=0)
    service: tuple[Condition, ...] | None = None
    service_units: tuple[Dn, ...] | None = None
    deputy: Attribute | None = None
    manager: Attribute | None = None
    capacity: Attribute | None = None
    absent: tuple[Condition, ...] | None = None
    absent_from: Moment | None = None
    absent_until: Moment | None = None
    mail: Attribute | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in self if value is not None}


ACTIVE_DIRECTORY = Mapping(
    id="objectGUID",
    id_format=IdFormat.GUID,
    own_name="distinguishedName",
    people=("user",),
    # A computer is a user, too; so are managed service accounts, which are computers.
    no_people=("computer",),
    required=("userAccountControl",),
    groups=("group",),
    members=("member",),
    in_chain=True,
    primary_group=True,
    disabled=(Bits(attribute="userAccountControl", bits=0x2),),
    expires=Moment(attribute="accountExpires", format=MomentFormat.FILETIME),
    locked=(Bits(attribute="msDS-User-Account-Control-Computed", bits=0x10),),
    service=(
        Values(attribute="servicePrincipalName", values=("*",)),
        Values(attribute="isCriticalSystemObject", values=("TRUE",)),
    ),
    deputy="assistant",
    manager="manager",
)

OPENLDAP = Mapping(
    id="entryUUID",
    id_format=IdFormat.UUID,
    people=("person", "organizationalPerson", "inetOrgPerson"),
    groups=("groupOfNames", "groupOfUniqueNames", "groupOfMembers"),
    members=("member", "uniqueMember"),
    # What slapd's password policy writes when an administrator locks an account for good.
    disabled=(Values(attribute="pwdAccountLockedTime", values=("000001010000Z",)),),
    expires=Moment(attribute="shadowExpire", format=MomentFormat.DAYS),
    locked_since=Moment(attribute="pwdAccountLockedTime", format=MomentFormat.TIME),
    deputy="secretary",
    manager="manager",
)
