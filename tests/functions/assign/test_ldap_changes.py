"""People and groups change while the adapter knows them as they were."""

from collections.abc import Iterator

import ldap3
import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from shared.domain.caseworkers import Account, Members
from tests.directories.municipality import (
    BERTA,
    CYCLE,
    GERDA,
    GROUPS,
    KARL,
    LEA,
    NEIGHBOUR,
    NESTED,
    OTTO,
    PAUL,
    STAR,
    TRADE,
    below,
)
from tests.directories.samba import SambaServer
from tests.directories.server import DirectoryServer
from tests.functions.assign.directories import group, municipality_at, unit

TOP = group(NESTED[0])
NEW_GROUP = below(GROUPS, "Ebene 1a")


@pytest.fixture(params=["own_samba_server", "own_slapd_server"])
def server(request: pytest.FixtureRequest) -> DirectoryServer:
    found: DirectoryServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def admin(server: DirectoryServer) -> Iterator[ldap3.Connection]:
    with server.admin() as connection:
        yield connection


def test_what_is_known_of_a_group_is_only_a_hint(
    caseworkers: LdapCaseworkerDirectory, server: DirectoryServer, admin: ldap3.Connection
) -> None:
    directory = municipality_at(server)
    known = caseworkers.named(directory, [BERTA, GERDA, KARL, OTTO, PAUL])

    def assert_there_are(*dns: str) -> None:
        assert people(caseworkers.members(directory, TOP)) == {known[dn] for dn in dns}

    assert_there_are(BERTA, OTTO, GERDA)
    change(admin, NESTED[2], ldap3.MODIFY_ADD, PAUL)
    assert_there_are(BERTA, OTTO, GERDA, PAUL)
    add_group(admin, server, NEW_GROUP, KARL)
    change(admin, NESTED[1], ldap3.MODIFY_ADD, NEW_GROUP)
    assert_there_are(BERTA, OTTO, GERDA, PAUL, KARL)
    # Two that contain each other, and are not within it any more.
    change(admin, NEW_GROUP, ldap3.MODIFY_ADD, NESTED[2])
    change(admin, NESTED[2], ldap3.MODIFY_ADD, NEW_GROUP)
    change(admin, NESTED[0], ldap3.MODIFY_ADD, CYCLE[0])
    change(admin, NESTED[0], ldap3.MODIFY_DELETE, NESTED[1])
    change(admin, NESTED[0], ldap3.MODIFY_DELETE, CYCLE[0])
    assert_there_are(BERTA)


def test_a_group_of_the_same_name_is_another_group(
    caseworkers: LdapCaseworkerDirectory, server: DirectoryServer, admin: ldap3.Connection
) -> None:
    directory = municipality_at(server)
    first = caseworkers.members(directory, TOP)

    admin.delete(TOP.dn)
    assert caseworkers.members(directory, TOP) is None
    add_group(admin, server, TOP.dn, OTTO)
    second = caseworkers.members(directory, TOP)

    assert first is not None
    assert second is not None
    assert second.unit != first.unit
    assert people(second) == {*caseworkers.named(directory, [OTTO]).values()}


def test_who_is_renamed_or_moved_within_is_the_same_account(
    caseworkers: LdapCaseworkerDirectory, server: DirectoryServer, admin: ldap3.Connection
) -> None:
    directory = municipality_at(server)
    (before,) = caseworkers.named(directory, [STAR]).values()

    admin.modify_dn(STAR, "CN=Stern Neu", new_superior=TRADE)

    assert caseworkers.named(directory, [STAR]) == {}
    assert caseworkers.accounts(directory, [before.id]) == {before.id: before}
    assert {*caseworkers.named(directory, [below(TRADE, "Stern Neu")]).values()} == {before}
    assert before in people(caseworkers.members(directory, unit(TRADE)))


def test_who_is_deleted_or_moved_elsewhere_is_not_there(
    caseworkers: LdapCaseworkerDirectory, server: DirectoryServer, admin: ldap3.Connection
) -> None:
    directory = municipality_at(server)
    before = caseworkers.named(directory, [LEA, STAR, KARL])
    ids = [account.id for account in before.values()]

    admin.delete(LEA)
    admin.modify_dn(STAR, "CN=Stern Neu", new_superior=NEIGHBOUR)

    assert caseworkers.named(directory, [LEA, STAR, KARL]) == {KARL: before[KARL]}
    assert caseworkers.accounts(directory, ids) == {before[KARL].id: before[KARL]}


def people(members: Members | None) -> set[Account]:
    assert members is not None
    return {*members.accounts}


def change(admin: ldap3.Connection, group_dn: str, how: str, member: str) -> None:
    admin.modify(group_dn, {"member": [(how, [member])]})


def add_group(admin: ldap3.Connection, server: DirectoryServer, dn: str, *members: str) -> None:
    kind = "group" if isinstance(server, SambaServer) else "groupOfNames"
    admin.add(dn, kind, {"member": [*members]})
