"""The LDAP adapter against what directories and networks do on a bad day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import free_port
from infra.local.supervisor import Supervisor
from shared.domain.caseworkers import Account, Members, Target
from shared.domain.configuration.directories import Directory
from tests.functions.assign.directories import PASSWORD, group, of, unit

HARD = Path(__file__).with_name("hard.ldif")
GROUPS = f"OU=Gruppen,OU=Amt Fördetal,{BASE_DN}"
TRADE = group(f"CN=Gewerbe,{GROUPS}")
AMT = f"OU=Amt,{BASE_DN}"
COMMA = f"OU=Größe\\, Form \\+ Maß,{AMT}"


@pytest.fixture(scope="module")
def hard_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedLdap]:
    state = tmp_path_factory.mktemp("hard")
    server = EmbeddedLdap(state, free_port(), ldif=HARD)
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        yield server


@pytest.fixture
def hard(hard_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, hard_server.password)
    return of(hard_server, base=AMT)


def everyone(members: Members | None) -> set[Account]:
    assert members is not None
    assert members.accounts
    return set(members.accounts)


def short_ids(members: Members | None) -> list[str]:
    """The first byte of each account's GUID, as it lies in the directory."""
    return sorted(account.id[6:8] for account in everyone(members))


@pytest.mark.parametrize("start", ["Cycle-A", "Cycle-B", "Cycle-C"])
def test_groups_that_contain_each_other_have_everybody_once(
    caseworkers: LdapCaseworkerDirectory, hard: Directory, start: str
) -> None:
    members = caseworkers.members(hard, group(f"CN={start},{AMT}"))

    assert short_ids(members) == ["10", "11", "12"]


def test_what_is_gone_elsewhere_or_a_computer_is_counted_and_left_out(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    members = caseworkers.members(hard, group(f"CN=Cycle-A,{AMT}"))

    assert members is not None
    assert members.unreadable == 3
    assert [account.expires_at is None for account in members.accounts].count(False) == 1


def test_a_unit_with_a_comma_and_an_umlaut_has_everyone_below_it(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    assert short_ids(caseworkers.members(hard, unit(COMMA))) == ["10", "11", "12"]
    assert short_ids(caseworkers.members(hard, unit(f"OU=Teilamt,{COMMA}"))) == ["11", "12"]


@pytest.mark.parametrize(
    "target",
    [
        group(f"CN=Elsewhere,{BASE_DN}"),
        group(f"CN=*,{AMT}"),
        group(f"CN=Cycle-A)(cn=*,{AMT}"),
        group(f"CN=Beispiel\\, Änne (Süd)*,{COMMA}"),
        unit(f"OU=Gibt es nicht,{AMT}"),
        unit("no name=at all,"),
    ],
    ids=["outside", "wildcard", "filter", "a person", "missing unit", "no name"],
)
def test_what_is_no_group_or_unit_below_the_base_is_unknown(
    caseworkers: LdapCaseworkerDirectory, hard: Directory, target: Target
) -> None:
    assert caseworkers.members(hard, target) is None


def test_openldap_has_its_own_names_for_the_same(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    people = f"ou=people,{BASE_DN}"
    openldap = hard.model_copy(update={"kind": "openldap", "base": people})

    team = caseworkers.members(openldap, group(f"CN=team,{people}"))
    everyone = caseworkers.members(openldap, unit(people))

    assert team is not None
    assert everyone is not None
    assert {account.id[-2:]: account.enabled for account in team.accounts} == {
        "31": True,
        "32": False,
    }
    assert {*team.accounts} == {*everyone.accounts}
    assert (team.unit[-2:], everyone.unit[-2:]) == ("33", "30")
