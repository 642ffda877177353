"""What the entries of each kind of directory mean: attribute names, groups, people, accounts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.domain.caseworkers import Account
from shared.domain.configuration.directories import DirectoryKind
from shared.domain.identifiers import AccountId

Attributes = Mapping[str, Sequence[bytes]]

_DISABLED = 0x2
_NEVER = (0, 2**63 - 1)
_FIRST_DAY_OF_WINDOWS = datetime(1601, 1, 1, tzinfo=UTC)
_FIRST_DAY_OF_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
# What slapd's password policy writes when an administrator locks an account for good.
_LOCKED_FOR_GOOD = b"000001010000Z"


@dataclass(frozen=True)
class Schema:
    """`account` answers None for what is no account, or hides what we have to know of it."""

    attributes: tuple[str, ...]
    group_classes: frozenset[bytes]
    member_attributes: tuple[str, ...]
    people_filter: str
    id_of: Callable[[Attributes], str | None]
    account: Callable[[Attributes], Account | None]

    def is_group(self, entry: Attributes) -> bool:
        return not self.group_classes.isdisjoint(_classes(entry))

    def members(self, group: Attributes) -> list[str]:
        values = (value for name in self.member_attributes for value in group.get(name, ()))
        return [value.decode("utf-8", "surrogateescape") for value in values]


def _classes(entry: Attributes) -> set[bytes]:
    return {name.lower() for name in entry.get("objectClass", ())}


def _first(entry: Attributes, name: str) -> bytes | None:
    values = entry.get(name)
    return values[0] if values else None


def _object_guid(entry: Attributes) -> str | None:
    value = _first(entry, "objectGUID")
    return str(UUID(bytes_le=value)) if value is not None and len(value) == 16 else None


def _entry_uuid(entry: Attributes) -> str | None:
    value = _first(entry, "entryUUID")
    return str(UUID(value.decode("ascii"))) if value is not None else None


def _active_directory_account(entry: Attributes) -> Account | None:
    classes, id_ = _classes(entry), _object_guid(entry)
    control = _first(entry, "userAccountControl")
    # A computer is a user, too; so are managed service accounts, which are computers.
    if b"user" not in classes or b"computer" in classes or id_ is None or control is None:
        return None
    ticks = int(_first(entry, "accountExpires") or 0)
    expires_at = (
        None if ticks in _NEVER else _after(_FIRST_DAY_OF_WINDOWS, microseconds=ticks // 10)
    )
    return Account(id=AccountId(id_), enabled=not int(control) & _DISABLED, expires_at=expires_at)


def _openldap_account(entry: Attributes) -> Account | None:
    id_ = _entry_uuid(entry)
    if _classes(entry).isdisjoint(_PEOPLE) or id_ is None:
        return None
    days = int(_first(entry, "shadowExpire") or -1)
    return Account(
        id=AccountId(id_),
        enabled=_first(entry, "pwdAccountLockedTime") != _LOCKED_FOR_GOOD,
        expires_at=None if days < 0 else _after(_FIRST_DAY_OF_UNIX, days=days),
    )


def _after(start: datetime, **duration: int) -> datetime | None:
    """None, as never, for what is beyond the calendar."""
    try:
        return start + timedelta(**duration)
    except OverflowError:
        return None


_PEOPLE = {b"person", b"organizationalperson", b"inetorgperson"}

SCHEMAS = {
    DirectoryKind.ACTIVE_DIRECTORY: Schema(
        attributes=("objectClass", "objectGUID", "member", "userAccountControl", "accountExpires"),
        group_classes=frozenset({b"group"}),
        member_attributes=("member",),
        people_filter="(&(objectClass=user)(!(objectClass=computer)))",
        id_of=_object_guid,
        account=_active_directory_account,
    ),
    DirectoryKind.OPENLDAP: Schema(
        attributes=(
            "objectClass",
            "entryUUID",
            "member",
            "uniqueMember",
            "pwdAccountLockedTime",
            "shadowExpire",
        ),
        group_classes=frozenset({b"groupofnames", b"groupofuniquenames"}),
        member_attributes=("member", "uniqueMember"),
        people_filter="(|(objectClass=person)(objectClass=inetOrgPerson))",
        id_of=_entry_uuid,
        account=_openldap_account,
    ),
}
