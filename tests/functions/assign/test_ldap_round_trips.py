"""How often a directory is asked, counted on the wire, and that what is known is only a hint."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from tests.contract.caseworker_directories import in_group, in_unit
from tests.directories.municipality import (
    BERTA,
    BUILDING,
    CROWD_GROUP,
    NESTED,
    OTTO,
    PAUL,
    PRIMARY_GROUP,
)
from tests.directories.server import DirectoryServer
from tests.functions.assign.directories import group, municipality_at, unit
from tests.functions.assign.network import Wire, wire_to


@pytest.fixture(params=["samba_server", "slapd_server"])
def server(request: pytest.FixtureRequest) -> DirectoryServer:
    found: DirectoryServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def wire(server: DirectoryServer) -> Iterator[Wire]:
    with wire_to(server.port) as wire:
        yield wire


def over(wire: Wire, server: DirectoryServer, **changes: Any) -> Directory:
    """Unencrypted, so that it can be counted."""
    return municipality_at(server, servers=[wire.url], allow_plain=True, **changes)


def size(members: Members | None) -> int:
    assert members is not None
    return len(members.accounts)


@pytest.mark.parametrize(
    ("target", "people"),
    [
        (group(NESTED[0]), in_group(NESTED[0])),
        (group(PRIMARY_GROUP), in_group(PRIMARY_GROUP)),
        (unit(BUILDING), in_unit(BUILDING)),
    ],
    ids=["nested", "primary", "unit"],
)
def test_a_warm_question_is_one_round_trip(
    caseworkers: LdapCaseworkerDirectory,
    wire: Wire,
    server: DirectoryServer,
    target: Target,
    people: set[str],
) -> None:
    directory = over(wire, server)
    caseworkers.members(directory, target)
    before = wire.round_trips

    assert size(caseworkers.members(directory, target)) == len(people)
    assert (wire.round_trips - before, wire.connections) == (1, 1)


def test_accounts_and_names_are_asked_for_together(
    caseworkers: LdapCaseworkerDirectory, wire: Wire, server: DirectoryServer
) -> None:
    directory = over(wire, server)
    known = caseworkers.named(directory, [BERTA, PAUL, OTTO])
    before = wire.round_trips

    ids = [account.id for account in known.values()]
    assert len(caseworkers.accounts(directory, ids)) == 3
    assert len(caseworkers.named(directory, [BERTA, PAUL, OTTO])) == 3
    assert len(caseworkers.addresses(directory, ids)) == 3
    assert wire.round_trips - before == 3


def test_a_very_large_group_is_asked_for_in_portions(
    caseworkers: LdapCaseworkerDirectory, wire: Wire, server: DirectoryServer
) -> None:
    directory = over(wire, server)
    caseworkers.members(directory, group(CROWD_GROUP))
    before = wire.round_trips

    assert size(caseworkers.members(directory, group(CROWD_GROUP))) == 1100
    assert wire.round_trips - before <= 6


def test_active_directory_gives_all_names_of_a_group_that_is_walked(
    caseworkers: LdapCaseworkerDirectory, samba_server: DirectoryServer
) -> None:
    walked = municipality_at(samba_server, mapping={"in_chain": False, "primary_group": False})

    assert size(caseworkers.members(walked, group(CROWD_GROUP))) == 1100
    assert size(caseworkers.members(walked, group(NESTED[0]))) == 3
