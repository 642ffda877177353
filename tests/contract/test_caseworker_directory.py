"""What every `CaseworkerDirectory` adapter promises of groups and units, run against each."""

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ports import HOST, free_port
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.errors import Unavailable
from shared.ports import CaseworkerDirectory
from tests.contract.caseworker_directories import (
    NO_PEOPLE,
    Capability,
    Served,
    all_that_can,
    in_group,
    in_unit,
)
from tests.directories.municipality import (
    BASE,
    BERTA,
    BUILDING,
    CROWD_GROUP,
    CYCLE,
    DELETED,
    EMPTY_GROUP,
    GROUPS,
    MIXED_GROUP,
    NEIGHBOUR,
    NESTED,
    NOBODY_THERE,
    ODD_TEAM,
    ORDER,
    PRIMARY_GROUP,
    STREETS_ORDER,
    TEAM_BUILDING,
    UNITS,
    below,
)
from tests.functions.assign.directories import PASSWORD, at, group, unit


@pytest.mark.parametrize(
    "dn",
    [TEAM_BUILDING, ODD_TEAM, NESTED[0], *CYCLE, EMPTY_GROUP, PRIMARY_GROUP, MIXED_GROUP],
)
def test_a_group_has_everybody_in_it_and_in_groups_in_it(served: Served, dn: str) -> None:
    assert served.names_in(group(dn)) == in_group(dn)


@all_that_can(Capability.CROWDS)
def test_a_group_may_be_larger_than_what_a_server_says_at_once(served: Served) -> None:
    assert served.names_in(group(CROWD_GROUP)) == in_group(CROWD_GROUP)


def test_the_groups_of_the_test_are_nested_in_a_circle_empty_and_very_large() -> None:
    sizes = [len(in_group(dn)) for dn in (*NESTED, *CYCLE, EMPTY_GROUP, CROWD_GROUP)]
    assert sizes == [3, 2, 2, 2, 2, 0, 1100]


@pytest.mark.parametrize("dn", [dn for dn in UNITS if dn != NEIGHBOUR])
def test_a_unit_has_everybody_in_it_and_in_units_in_it(served: Served, dn: str) -> None:
    assert served.names_in(unit(dn)) == in_unit(dn)


def test_units_of_the_same_name_are_told_apart(served: Served) -> None:
    assert served.names_in(unit(ORDER)).isdisjoint(served.names_in(unit(STREETS_ORDER)))


def test_an_empty_group_or_unit_is_not_a_missing_one(served: Served) -> None:
    assert served.members(group(EMPTY_GROUP)).accounts == ()
    assert served.members(unit(NOBODY_THERE)).accounts == ()
    for missing in (group(below(GROUPS, "Gibt es nicht")), unit(f"OU=Gibt es nicht,{BASE}")):
        assert served.port.members(served.declared, missing) is None


def test_the_answer_is_the_same_again(served: Served) -> None:
    for target in (group(NESTED[0]), unit(BUILDING)):
        first = served.members(target)
        again = served.members(target)

        assert (again.unit, again.unreadable) == (first.unit, first.unreadable)
        assert {*again.accounts} == {*first.accounts}


def test_members_that_are_no_people_or_not_below_the_base_are_counted(served: Served) -> None:
    assert served.members(group(MIXED_GROUP)).unreadable == len(NO_PEOPLE)


def test_nothing_outside_of_the_base_is_there(served: Served) -> None:
    assert served.port.members(served.declared, unit(NEIGHBOUR)) is None
    assert served.port.members(served.declared, group(f"CN=Domain Users,{NEIGHBOUR}")) is None


def test_who_was_deleted_is_in_no_group(served: Served) -> None:
    assert DELETED not in served.names_in(group(TEAM_BUILDING))


@all_that_can(Capability.SPELLINGS)
def test_a_name_may_be_written_in_another_way(served: Served) -> None:
    shouted = TEAM_BUILDING.upper().replace("TEAM", "te\\61m")
    escaped = BUILDING.replace("\\,", "\\2C").replace("OU=", "ou = ").replace(",ou", " , ou")

    found = [served.port.members(served.declared, each) for each in (group(shouted), unit(escaped))]

    sizes = [len(each.accounts) if each is not None else None for each in found]
    assert sizes == [len(in_group(TEAM_BUILDING)), len(in_unit(BUILDING))]


def test_what_is_something_else_is_no_such_group_or_unit(served: Served) -> None:
    others = (group(BERTA), group(BUILDING), unit(TEAM_BUILDING), unit(BERTA))

    assert [served.port.members(served.declared, each) for each in others] == [None] * 4


@pytest.mark.parametrize("adapter", ["memory", "ldap"])
def test_a_directory_that_does_not_answer_is_unavailable(
    adapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "any")
    away = at(f"ldap://{HOST}:{free_port()}")
    over: CaseworkerDirectory = InMemoryCaseworkerDirectory(None)
    if adapter == "ldap":
        over = LdapCaseworkerDirectory()

    with pytest.raises(Unavailable, match="directory ad"):
        over.members(away, group(TEAM_BUILDING))
