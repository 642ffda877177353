"""The municipality as Active Directory writes it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.directories import ldif
from tests.directories.municipality import (
    COMPUTER,
    CONTACT,
    CROWD,
    DOMAIN,
    GROUPS_OF_ALL,
    LEAVER,
    LONG_AGO,
    MANAGED_ACCOUNT,
    MIXED_GROUP,
    PEOPLE,
    PRIMARY_MEMBERS,
    READER,
    SERVICE_PASSWORD,
    TEAM_BUILDING,
    UNITS,
    Group,
    Person,
    leaf,
)

NORMAL_ACCOUNT, DISABLED, PASSWORD_NEVER_EXPIRES = 0x200, 0x2, 0x10000
UNTIL_AN_ADMINISTRATOR_UNLOCKS = str(-(2**63))
ACCOUNT_NAME = re.compile(r"[(),*]")  # what it may not have
_FIRST_DAY = datetime(1601, 1, 1, tzinfo=UTC)


def everything() -> str:
    return "".join(_everything())


def primary_group(number: str) -> str:
    """Who changes the primary group has to be a member before, and is none in `member` after."""
    return "".join(ldif.replacement(dn, {"primaryGroupID": [number]}) for dn in PRIMARY_MEMBERS)


def _everything() -> Iterator[str]:
    yield ldif.replacement(DOMAIN, ldif.present(lockoutDuration=UNTIL_AN_ADMINISTRATOR_UNLOCKS))
    for unit in UNITS:
        yield ldif.addition(unit, ldif.present(objectClass="organizationalUnit"))
    for person in (*PEOPLE, LEAVER, *CROWD):
        yield ldif.addition(person.dn, _person(person))
    yield from _other_accounts()
    for group in GROUPS_OF_ALL:
        name = {"objectClass": "group", "sAMAccountName": ACCOUNT_NAME.sub("", leaf(group.dn))}
        yield ldif.addition(group.dn, ldif.present(**name))
    # Links last: Active Directory takes none to what is not there yet.
    for group in GROUPS_OF_ALL:
        yield ldif.replacement(group.dn, {"member": _members(group)})
    for person in PEOPLE:
        links = ldif.present(manager=person.manager, assistant=person.deputy)
        if links:
            yield ldif.replacement(person.dn, links)
    yield ldif.deletion(LEAVER.dn)


def _person(person: Person) -> ldif.Attributes:
    control = NORMAL_ACCOUNT | PASSWORD_NEVER_EXPIRES | (0 if person.enabled else DISABLED)
    return ldif.present(
        objectClass="user",
        sAMAccountName=person.login,
        userPrincipalName=person.mail,
        mail=person.mail,
        displayName=leaf(person.dn),
        userAccountControl=str(control),
        accountExpires=_ticks(person.expires),
        lockoutTime=_ticks(LONG_AGO) if person.locked else None,
        servicePrincipalName=f"HTTP/{person.login}.amt.example" if person.service else None,
        unicodePwd=_password(SERVICE_PASSWORD) if person.dn == READER else None,
        **person.workload(),
    )


def _other_accounts() -> Iterator[str]:
    yield ldif.addition(COMPUTER, ldif.present(objectClass="computer", sAMAccountName="PC-0815$"))
    yield ldif.addition(CONTACT, ldif.present(objectClass="contact"))
    managed = {"objectClass": "msDS-ManagedServiceAccount", "sAMAccountName": "msa-backup$"}
    yield ldif.addition(MANAGED_ACCOUNT, ldif.present(**managed))


def _members(group: Group) -> list[ldif.Value]:
    also = {TEAM_BUILDING: (LEAVER.dn,), MIXED_GROUP: (MANAGED_ACCOUNT,)}
    return [*group.members, *also.get(group.dn, ())]


def _ticks(moment: datetime | None) -> str | None:
    """Tenths of a microsecond since 1601."""
    return None if moment is None else str((moment - _FIRST_DAY) // timedelta(microseconds=1) * 10)


def _password(password: str) -> bytes:
    return f'"{password}"'.encode("utf-16-le")
