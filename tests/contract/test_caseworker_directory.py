"""What every `CaseworkerDirectory` adapter promises, run against each of them."""

from collections.abc import Iterator

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST, free_port
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.caseworkers import Account, Members
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId, UnitId
from shared.ports import CaseworkerDirectory
from tests.functions.assign.directories import PASSWORD, at, group, unit

GROUPS = f"OU=Gruppen,OU=Amt Fördetal,{BASE_DN}"
TRADE, EMPTY, NESTED = (group(name, GROUPS) for name in ("Gewerbe", "Wohngeld", "Fachdienste"))
PLANNING = unit(f"OU=Bauen\\, Planen und Umwelt,OU=Amt Fördetal,{BASE_DN}")


def accounts(*ids: str, enabled: bool = True) -> tuple[Account, ...]:
    return tuple(Account(id=AccountId(id_), enabled=enabled) for id_ in ids)


IN_TRADE = (
    *accounts("cd02a9b2-bdce-560d-8de4-fb3bc0efa91d", "fa033aa7-434c-53cb-bb6e-8bef9f4d11e2"),
    *accounts("a00b74af-75bb-53c8-89f2-cf79b685f84e", enabled=False),
)
IN_PLANNING = accounts(
    "526178c1-d873-5dd5-96d5-218ec1f7e4c6",
    "6f1d7880-8ff8-5de9-889b-b0482d29335c",
    "ebc128db-8c83-5c63-b8ac-264d5b8e23e9",
)


@pytest.fixture(params=["memory", "ldap"])
def directory(request: pytest.FixtureRequest) -> Iterator[CaseworkerDirectory]:
    if request.param == "memory":
        yield InMemoryCaseworkerDirectory(
            {
                TRADE: Members(unit=UnitId("t"), accounts=IN_TRADE),
                EMPTY: Members(unit=UnitId("e")),
                NESTED: Members(unit=UnitId("n"), accounts=IN_TRADE + IN_PLANNING),
                PLANNING: Members(unit=UnitId("p"), accounts=IN_PLANNING),
            }
        )
        return
    over_ldap = LdapCaseworkerDirectory()
    yield over_ldap
    over_ldap.close()


@pytest.fixture
def demo(ldap_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(PASSWORD, ldap_server.password)
    return ldap_server.url


def found(members: Members | None) -> set[Account]:
    assert members is not None
    assert len(set(members.accounts)) == len(members.accounts)
    return set(members.accounts)


def test_a_group_has_its_members_and_says_who_is_disabled(
    directory: CaseworkerDirectory, demo: str
) -> None:
    assert found(directory.members(at(demo), TRADE)) == set(IN_TRADE)


def test_members_of_groups_in_a_group_are_members(
    directory: CaseworkerDirectory, demo: str
) -> None:
    assert found(directory.members(at(demo), NESTED)) == {*IN_TRADE, *IN_PLANNING}


def test_a_unit_has_the_accounts_in_it(directory: CaseworkerDirectory, demo: str) -> None:
    assert found(directory.members(at(demo), PLANNING)) == set(IN_PLANNING)


def test_an_empty_group_is_not_a_missing_one(directory: CaseworkerDirectory, demo: str) -> None:
    assert found(directory.members(at(demo), EMPTY)) == set()
    assert directory.members(at(demo), group("Gibt es nicht", GROUPS)) is None


def test_the_answer_is_the_same_again(directory: CaseworkerDirectory, demo: str) -> None:
    first = directory.members(at(demo), TRADE)

    assert first == directory.members(at(demo), TRADE)
    assert first is not None
    assert first.unit


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
        over.members(away, TRADE)
