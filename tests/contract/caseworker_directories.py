"""The municipality of the tests in each directory of caseworkers, and what is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from uuid import NAMESPACE_OID, UUID, uuid5

import ldap3
import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.caseworkers import Absence, Account, Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId, UnitId
from shared.ports import CaseworkerDirectory
from tests.directories import slapd_entries
from tests.directories.municipality import (
    COMPUTER,
    CONTACT,
    CROWD,
    DOMAIN,
    GROUPS_OF_ALL,
    LONG_AGO,
    MIXED_GROUP,
    NEIGHBOUR,
    NELE,
    PEOPLE,
    UNITS,
    Person,
)
from tests.functions.assign.directories import at, group, unit

NO_PEOPLE = (COMPUTER, CONTACT, NELE)  # members of the mixed group; Nele is not below the base
OURS = tuple(person for person in (*PEOPLE, *CROWD) if not person.dn.endswith(NEIGHBOUR))


class Capability(StrEnum):
    """What not every adapter can do."""

    CROWDS = auto()  # it can be asked for very many in no time
    SPELLINGS = auto()  # a name may be written in another case, or escaped otherwise


ADAPTERS: Mapping[str, frozenset[Capability]] = {
    "memory": frozenset({Capability.CROWDS}),
    "demo": frozenset({Capability.SPELLINGS}),
    "active_directory": frozenset(Capability),
    "openldap": frozenset(Capability),
}


def all_that_can(capability: Capability) -> pytest.MarkDecorator:
    able = [name for name, capabilities in ADAPTERS.items() if capability in capabilities]
    return pytest.mark.parametrize("served", able, indirect=True)


@dataclass(frozen=True)
class Served:
    """One adapter; `ids` are those of all entries by their names, as the server gave them."""

    port: CaseworkerDirectory
    declared: Directory
    ids: Mapping[str, str]
    close: Callable[[], None] = lambda: None

    def members(self, target: Target) -> Members:
        members = self.port.members(self.declared, target)
        assert members is not None
        assert members.unit == self.ids[target.dn]
        return members

    def names_in(self, target: Target) -> set[str]:
        """Each once."""
        ids = [account.id for account in self.members(target).accounts]
        names = {id_: name for name, id_ in self.ids.items()}
        assert len(set(ids)) == len(ids)
        return {names[id_] for id_ in ids}

    def account(self, dn: str) -> Account:
        (account,) = self.port.accounts(self.declared, [AccountId(self.ids[dn])]).values()
        return account


def in_group(dn: str) -> set[str]:
    """By what we have written into the directories, and not by what they say."""
    groups = {group.dn: group.members for group in GROUPS_OF_ALL}
    seen: set[str] = set()
    frontier = [dn]
    while frontier:
        seen.update(frontier)
        members = {member for group in frontier for member in groups.get(group, ())}
        frontier = sorted(members - seen)
    return seen & {person.dn for person in OURS}


def in_unit(dn: str) -> set[str]:
    return {person.dn for person in OURS if person.dn.endswith(f",{dn}")}


def in_memory() -> Served:
    people = (*PEOPLE, *CROWD)
    named = (*UNITS, *(each.dn for each in people), *(each.dn for each in GROUPS_OF_ALL))
    ids = {dn: str(uuid5(NAMESPACE_OID, dn)) for dn in named}
    accounts = {person.dn: _account(person, ids) for person in OURS}

    def members(dn: str, names: set[str]) -> Members:
        unreadable = len(NO_PEOPLE) if dn == MIXED_GROUP else 0
        found = tuple(accounts[name] for name in sorted(names))
        return Members(unit=UnitId(ids[dn]), accounts=found, unreadable=unreadable)

    groups = {group(each.dn): members(each.dn, in_group(each.dn)) for each in GROUPS_OF_ALL}
    units = {unit(dn): members(dn, in_unit(dn)) for dn in UNITS if dn != NEIGHBOUR}
    mail = {ids[person.dn]: person.mail for person in OURS}
    port = InMemoryCaseworkerDirectory({**groups, **units}, accounts, mail)
    return Served(port, at("ldap://not.asked.example"), ids)


def over_ldap(declared: Directory, reader: ldap3.Connection, id_: str) -> Served:
    port = LdapCaseworkerDirectory()
    return Served(port, declared, _ids(reader, id_), port.close)


def _ids(reader: ldap3.Connection, attribute: str) -> dict[str, str]:
    """Read without the adapter: people by their mail address, the rest by its name."""
    by_mail = {person.mail: person.dn for person in (*PEOPLE, *CROWD)}
    found = reader.extend.standard.paged_search(
        DOMAIN, "(mail=*)", attributes=["mail", attribute], paged_size=500
    )
    entries = [each["raw_attributes"] for each in found if each["type"] == "searchResEntry"]
    ids = {by_mail[each["mail"][0].decode()]: _id(each[attribute][0]) for each in entries}
    for dn in (*UNITS, *(each.dn for each in GROUPS_OF_ALL)):
        reader.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
        ids[dn] = _id(reader.response[0]["raw_attributes"][attribute][0])
    return ids


def _id(value: bytes) -> str:
    return str(UUID(bytes_le=value)) if len(value) == 16 else value.decode()


def _account(person: Person, ids: Mapping[str, str]) -> Account:
    return Account(
        id=AccountId(ids[person.dn]),
        enabled=person.enabled,
        expires_at=person.expires,
        locked=person.locked,
        is_service=person.service,
        capacity=100 if person.capacity is None else person.capacity,
        absences=(Absence(starts_at=LONG_AGO),) if person.absent else (),
        deputy=person.deputy,
        manager=person.manager,
    )


def as_ldif() -> str:
    """As OpenLDAP has it, with ids that it would have given."""
    entries = slapd_entries.everything().removesuffix("\n\n").split("\n\n")
    return "".join(f"{each}\nentryUUID: {uuid5(NAMESPACE_OID, each)}\n\n" for each in entries)
