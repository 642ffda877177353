"""The directory servers of the tests run, hold our municipality, and leave nothing behind."""

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import ldap3
import pytest
from ldap3.core.exceptions import (
    LDAPInvalidCredentialsResult,
    LDAPSocketOpenError,
    LDAPStrongerAuthRequiredResult,
)
from ldap3.core.results import RESULT_SUCCESS
from ldap3.utils.conv import escape_filter_chars

from infra.local.ports import HOST, is_free
from tests.directories.municipality import (
    BASE,
    CROWD,
    CROWD_GROUP,
    CYCLE,
    DELETED,
    DISABLED,
    DOMAIN,
    EXPIRED,
    GERDA,
    GROUPS_OF_ALL,
    KARL,
    LEA,
    LOCKED,
    MANAGED_ACCOUNT,
    NORA,
    ODD_TEAM,
    OTTO,
    PEOPLE,
    PRIMARY_GROUP,
    PRIMARY_MEMBERS,
    STAR,
    TEAM_BUILDING,
    TRADE,
    UNITS,
    leaf,
)
from tests.directories.samba import SambaServer
from tests.directories.server import DirectoryServer
from tests.directories.slapd import SlapdServer

REPOSITORY = Path(__file__).parents[2]
ANY = "(objectClass=*)"
IN_CHAIN = "1.2.840.113556.1.4.1941"
SHOW_DELETED = ("1.2.840.113556.1.4.417", True, None)


@pytest.fixture(params=["samba_server", "slapd_server"])
def server(request: pytest.FixtureRequest) -> DirectoryServer:
    found: DirectoryServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["own_samba_server", "own_slapd_server"])
def own_server(request: pytest.FixtureRequest) -> DirectoryServer:
    found: DirectoryServer = request.getfixturevalue(request.param)
    return found


def values(reader: ldap3.Connection, dn: str, *attributes: str) -> list[str]:
    """Of this one entry."""
    reader.search(dn, ANY, ldap3.BASE, attributes=attributes)
    found = reader.response[0]["raw_attributes"]
    return [value.decode() for name in attributes for value in found[name]]


def names(reader: ldap3.Connection, condition: str, base: str = DOMAIN) -> set[str]:
    """Of all entries that fulfil the condition."""
    reader.search(base, condition, attributes=["cn"])
    entries = [each for each in reader.response if each["type"] == "searchResEntry"]
    return {entry["raw_attributes"]["cn"][0].decode() for entry in entries}


def test_it_holds_every_unit_and_everybody_with_what_is_said_of_them(
    server: DirectoryServer,
) -> None:
    with server.reader() as reader:
        for unit in UNITS:
            assert values(reader, unit, "ou") == [leaf(unit)]
        for person in PEOPLE:
            assert values(reader, person.dn, "cn", "mail") == [leaf(person.dn), person.mail]
        assert values(reader, OTTO, "employeeType") == ["100"]
        assert values(reader, GERDA, "businessCategory") == ["abwesend"]
        assert not names(reader, "(cn=Gero*)")


def test_every_group_has_its_members(server: DirectoryServer) -> None:
    lists_only_some = {ODD_TEAM, PRIMARY_GROUP}
    with server.reader() as reader:
        for group in GROUPS_OF_ALL:
            listed = names(reader, f"(memberOf={escape_filter_chars(group.dn)})")
            if group.dn not in lists_only_some:
                assert {leaf(dn) for dn in group.members} == listed - {leaf(MANAGED_ACCOUNT)}


def test_managers_lead_to_the_top_or_in_a_circle(server: DirectoryServer) -> None:
    def chain(dn: str) -> list[str]:
        found = [dn]
        while len(found) < 5 and (manager := values(reader, found[-1], "manager")):
            found += manager
        return [leaf(each).split()[0] for each in found]

    with server.reader() as reader:
        assert chain(GERDA) == ["Gerda", "Otto", "Anton", "Lea"]
        assert chain(KARL) == ["Karl", "Klara", "Karl", "Klara", "Karl"]


def test_each_kind_has_its_own_attribute_for_a_deputy(
    samba_server: SambaServer, slapd_server: SlapdServer
) -> None:
    with samba_server.reader() as active_directory, slapd_server.reader() as openldap:
        assert [leaf(dn) for dn in values(active_directory, GERDA, "assistant")] == [leaf(OTTO)]
        assert [leaf(dn) for dn in values(openldap, GERDA, "secretary")] == [leaf(OTTO)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_its_certificate_names_this_machine_in_both_ways(
    server: DirectoryServer, host: str
) -> None:
    url = f"ldaps://{host}:{server.tls_port}"

    with server.connection(server.bind_dn, server.password, url) as reader:
        assert values(reader, STAR, "cn") == [leaf(STAR)]


@pytest.mark.parametrize("start_tls", [False, True])
def test_it_takes_a_simple_bind_plain_and_over_start_tls(
    server: DirectoryServer, start_tls: bool
) -> None:
    dn, password = server.bind_dn, server.password

    with server.connection(dn, password, server.url, start_tls=start_tls) as reader:
        assert values(reader, OTTO, "cn") == [leaf(OTTO)]
    with (
        pytest.raises(LDAPInvalidCredentialsResult),
        server.connection(dn, "falsch", server.url, start_tls=start_tls),
    ):
        pass


def test_what_an_administrator_changes_outlives_a_crash(own_server: DirectoryServer) -> None:
    with own_server.admin() as admin:
        admin.modify(GERDA, {"mail": [(ldap3.MODIFY_REPLACE, ["neu@amt.example"])]})
        admin.modify_dn(OTTO, "CN=Otto Neu", new_superior=TRADE)
        admin.delete(LEA)

    own_server.kill()
    with pytest.raises(LDAPSocketOpenError), own_server.reader():
        pass
    own_server.start()

    with own_server.reader() as reader:
        assert values(reader, GERDA, "mail") == ["neu@amt.example"]
        assert names(reader, "(cn=Otto*)", TRADE) == {"Otto Neu"}
        assert not names(reader, "(cn=Lea*)")


def test_active_directory_may_refuse_an_unencrypted_password(
    samba_data: Path, tmp_path: Path
) -> None:
    with SambaServer(samba_data, tmp_path / "dc", insists_on_tls=True) as server:
        account = (server.bind_dn, server.password, server.url)

        with pytest.raises(LDAPStrongerAuthRequiredResult), server.connection(*account):
            pass
        with server.connection(*account, start_tls=True) as reader:
            assert values(reader, OTTO, "cn") == [leaf(OTTO)]


def test_active_directory_says_who_is_disabled_expired_and_locked(
    samba_server: SambaServer,
) -> None:
    computed = "msDS-User-Account-Control-Computed"
    with samba_server.reader() as reader:
        assert values(reader, DISABLED, "userAccountControl") == ["66050"]
        assert values(reader, LOCKED, computed) == ["16"]
        assert values(reader, EXPIRED, "accountExpires") == ["132300864000000000"]
        assert values(reader, OTTO, "accountExpires", computed) == [str(2**63 - 1), "0"]


def test_openldap_says_who_is_disabled_expired_and_locked(slapd_server: SlapdServer) -> None:
    with slapd_server.reader() as reader:
        assert values(reader, DISABLED, "pwdAccountLockedTime") == ["000001010000Z"]
        assert values(reader, LOCKED, "pwdAccountLockedTime") == ["20200331000000Z"]
        assert values(reader, EXPIRED, "shadowExpire") == ["18352"]


def test_active_directory_keeps_a_primary_group_apart_from_its_members(
    samba_server: SambaServer,
) -> None:
    with samba_server.reader() as reader:
        (number,) = values(reader, PRIMARY_GROUP, "primaryGroupToken")

        assert names(reader, f"(primaryGroupID={number})") == {leaf(dn) for dn in PRIMARY_MEMBERS}
        assert [leaf(dn) for dn in values(reader, PRIMARY_GROUP, "member")] == [leaf(NORA)]


def test_active_directory_follows_groups_in_a_circle_and_adds_a_referral(
    samba_server: SambaServer,
) -> None:
    with samba_server.reader() as reader:
        found = names(reader, f"(memberOf:{IN_CHAIN}:={CYCLE[0]})")

        assert found == {"Karl Kreis", "Klara Kreis", "Ring A", "Ring B"}
        assert "searchResRef" in {each["type"] for each in reader.response}


def test_active_directory_gives_a_range_of_many_members(samba_server: SambaServer) -> None:
    with samba_server.reader() as reader:
        reader.auto_range = reader.empty_attributes = False  # as the server answers it
        assert len(values(reader, CROWD_GROUP, "member;range=0-999")) == 1000
        assert len(values(reader, CROWD_GROUP, "member;range=1000-*")) == len(CROWD) - 1000


def test_active_directory_keeps_who_was_deleted_in_a_place_of_its_own(
    samba_server: SambaServer,
) -> None:
    with samba_server.admin() as admin:
        admin.search(DOMAIN, "(isDeleted=TRUE)", controls=[SHOW_DELETED])
        (found,) = [each["dn"] for each in admin.response if "CN=Gero" in each.get("dn", "")]

    assert re.fullmatch(rf"CN=Gero Gegangen\\0ADEL:[0-9a-f-]+,CN=Deleted Objects,{DOMAIN}", found)


def test_openldap_keeps_the_name_of_who_was_deleted_in_their_group(
    slapd_server: SlapdServer,
) -> None:
    with slapd_server.reader() as reader:
        assert DELETED in values(reader, TEAM_BUILDING, "member")


def test_only_openldap_takes_a_name_without_a_password(
    slapd_server: SlapdServer, samba_server: SambaServer
) -> None:
    assert result_without_password(slapd_server) == RESULT_SUCCESS
    assert result_without_password(samba_server) != RESULT_SUCCESS


def test_openldap_may_insist_on_pages(paging_slapd_server: SlapdServer) -> None:
    people = "(objectClass=person)"
    with paging_slapd_server.reader() as reader:
        reader.search(BASE, people)
        assert reader.result["description"] == "sizeLimitExceeded"

        pages = reader.extend.standard.paged_search(BASE, people, paged_size=500)
        assert len(list(pages)) > len(CROWD)


def test_samba_writes_into_its_own_folder_only(own_samba_server: SambaServer) -> None:
    before = written_elsewhere()

    own_samba_server.kill()
    own_samba_server.start()

    assert written_elsewhere() == before


def test_a_domain_controller_ends_with_the_tests_that_started_it(
    samba_data: Path, tmp_path: Path
) -> None:
    code = (
        "import pathlib, sys; from tests.directories.samba import SambaServer;"
        "server = SambaServer(*map(pathlib.Path, sys.argv[1:])); server.start();"
        "print(server.port, flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code, str(samba_data), str(tmp_path / "dc")]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as tests:
        assert tests.stdout is not None
        port = int(tests.stdout.readline())
        assert not is_free(port)

        tests.kill()

    end = time.monotonic() + 30
    while not is_free(port) and time.monotonic() < end:
        time.sleep(0.02)
    assert is_free(port)


def result_without_password(server: DirectoryServer) -> int:
    """ldap3 would not even ask."""
    name = bytes([4, len(server.bind_dn)]) + server.bind_dn.encode()
    bind = bytes([2, 1, 3]) + name + bytes([0x80, 0])
    operation = bytes([2, 1, 1, 0x60, len(bind)]) + bind
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(bytes([0x30, len(operation)]) + operation)
        answer = connection.recv(1000)
    return answer[answer.index(bytes([10, 1])) + 2]


def written_elsewhere() -> dict[Path, int]:
    places = [Path(place) / "samba" for place in ("/var/lib", "/var/log", "/var/cache", "/run")]
    found = [path for place in places for path in place.rglob("*")]
    return {path: path.stat().st_mtime_ns for path in found}
