"""The municipality as OpenLDAP writes it, which has neither contacts nor disabled accounts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.directories import ldif
from tests.directories.municipality import (
    COMPUTER,
    CONTACT,
    CROWD,
    DOMAIN,
    GROUPS_OF_ALL,
    LEAVER,
    LONG_AGO,
    ODD_TEAM,
    PEOPLE,
    READER,
    SERVICE_PASSWORD,
    TEAM_BUILDING,
    UNITS,
    Group,
    Person,
    leaf,
)

POLICY = f"CN=Kennwortregel,{DOMAIN}"
LOCKED_FOR_GOOD = "000001010000Z"
NOBODY = f"CN=Platzhalter,{DOMAIN}"  # its groups need a member: as is common, one that is not there


def everything() -> str:
    return "".join(_everything())


def _everything() -> Iterator[str]:
    classes: ldif.Attributes = {"objectClass": ["dcObject", "organization"]}
    yield ldif.entry(DOMAIN, classes | ldif.present(dc="amt", o="Amt"))
    # Who is locked stays locked until an administrator unlocks.
    rule = ldif.present(pwdAttribute="userPassword", pwdLockout="TRUE", pwdLockoutDuration="0")
    yield ldif.entry(POLICY, _named(POLICY, "device", "pwdPolicy") | rule)
    for unit in UNITS:
        yield ldif.entry(unit, ldif.present(objectClass="organizationalUnit", ou=leaf(unit)))
    groups_of = _groups_of_each()
    for person in (*PEOPLE, *CROWD):
        yield ldif.entry(person.dn, _person(person) | groups_of[person.dn])
    yield ldif.entry(COMPUTER, _named(COMPUTER, "device") | groups_of[COMPUTER])
    yield ldif.entry(CONTACT, _named(CONTACT, "organizationalRole") | groups_of[CONTACT])
    for group in GROUPS_OF_ALL:
        yield ldif.entry(group.dn, _group(group) | groups_of[group.dn])


def _person(person: Person) -> ldif.Attributes:
    name = _named(person.dn, "inetOrgPerson", "shadowAccount")
    return name | ldif.present(
        sn=leaf(person.dn).rpartition(" ")[2],
        uid=person.login,
        mail=person.mail,
        manager=person.manager,
        secretary=person.deputy,
        shadowExpire=_day(person.expires),
        pwdAccountLockedTime=_locked(person),
        userPassword=SERVICE_PASSWORD if person.dn == READER else None,
        **person.workload(),
    )


def _group(group: Group) -> ldif.Attributes:
    """The one with the odd name is of the other class, of which `memberOf` knows nothing."""
    if group.dn == ODD_TEAM:
        return _named(group.dn, "groupOfUniqueNames") | {"uniqueMember": [*group.members]}
    # A name that was deleted stays where it was listed.
    gone = [LEAVER.dn] if group.dn == TEAM_BUILDING else []
    return _named(group.dn, "groupOfNames") | {"member": [*group.members, *gone] or [NOBODY]}


def _groups_of_each() -> dict[str, ldif.Attributes]:
    """What the server keeps up to date once it runs; it does not while it is filled."""
    found: dict[str, ldif.Attributes] = defaultdict(dict)
    for group in GROUPS_OF_ALL:
        for member in group.members if group.dn != ODD_TEAM else ():
            found[member].setdefault("memberOf", []).append(group.dn)
    return found


def _named(dn: str, *classes: str) -> ldif.Attributes:
    return {"objectClass": [*classes], "cn": [leaf(dn)]}


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else str((moment - datetime(1970, 1, 1, tzinfo=UTC)).days)


def _locked(person: Person) -> str | None:
    if not person.enabled:
        return LOCKED_FOR_GOOD
    return LONG_AGO.strftime("%Y%m%d%H%M%SZ") if person.locked else None
