"""The demo directory answers as the adapters expect of an Active Directory."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ldap3
import pytest
from ldap3.utils.conv import escape_filter_chars

from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST

AMT = f"OU=Amt Fördetal,{BASE_DN}"
PLANNING = f"OU=Bauen\\, Planen und Umwelt,{AMT}"
DISABLED = 2


@pytest.fixture
def directory(ldap_server: EmbeddedLdap) -> Iterator[ldap3.Connection]:
    with connection_as(ldap_server, ldap_server.bind_dn, ldap_server.password) as connection:
        assert connection.bind()
        yield connection


@contextmanager
def connection_as(
    server: EmbeddedLdap, user: str | None = None, password: str | None = None
) -> Iterator[ldap3.Connection]:
    connection = ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), user, password)
    try:
        yield connection
    finally:
        connection.unbind()


def search(
    directory: ldap3.Connection, base: str, condition: str, scope: str = ldap3.SUBTREE
) -> dict[str, dict[str, list[Any]]]:
    directory.search(base, condition, scope, attributes=["*"])
    assert directory.result["description"] == "success"
    return {entry["dn"]: entry["attributes"] for entry in directory.response}


def test_an_entry_is_found_by_bytes_that_are_no_text(directory: ldap3.Connection) -> None:
    dn = f"CN=Berta Beispiel,OU=Bürgerdienste,{AMT}"
    (guid,) = search(directory, dn, "(objectClass=*)", ldap3.BASE)[dn]["objectGUID"]
    with pytest.raises(UnicodeDecodeError):
        guid.decode()
    escaped = "".join(f"\\{byte:02x}" for byte in guid)

    assert list(search(directory, BASE_DN, f"(objectGUID={escaped})")) == [dn]


def test_a_wrong_password_is_refused(ldap_server: EmbeddedLdap) -> None:
    with connection_as(ldap_server, ldap_server.bind_dn, "falsch") as connection:
        assert not connection.bind()
        assert "data 52e" in connection.result["message"]


def test_an_empty_password_is_refused(ldap_server: EmbeddedLdap) -> None:
    # By hand, since ldap3 refuses to send it.
    dn = ldap_server.bind_dn.encode()
    bind = b"\x02\x01\x03\x04%c%s\x80\x00" % (len(dn), dn)
    message = b"\x02\x01\x01\x60%c%s" % (len(bind), bind)
    with socket.create_connection((HOST, ldap_server.port), timeout=10) as connection:
        connection.sendall(b"\x30%c%s" % (len(message), message))
        answer = connection.recv(1000)

    assert b"data 52e" in answer


def test_only_the_service_account_can_bind(ldap_server: EmbeddedLdap) -> None:
    somebody = f"CN=Max Bauprobe,{PLANNING}"

    with connection_as(ldap_server, somebody, ldap_server.password) as connection:
        assert not connection.bind()


def test_nobody_searches_without_a_bind(ldap_server: EmbeddedLdap) -> None:
    with connection_as(ldap_server) as anonymous:
        assert anonymous.bind()
        assert not anonymous.search(BASE_DN, "(objectClass=user)")
        assert anonymous.result["description"] == "operationsError"


@pytest.mark.parametrize(
    ("base", "condition", "found"),
    [
        (BASE_DN, "(sAMAccountName=j.mustermann)", "CN=Jörg Mustermann"),
        (BASE_DN, "(displayName=Erfunden*)", "CN=Zoë Erfunden"),
        (AMT, "(&(objectClass=user)(userAccountControl=514))", "CN=Änne Probe"),
        (f"OU=Bürgerdienste,{AMT}", "(|(sn=Platzhalter)(sn=Bauprobe))", "CN=Ole Platzhalter"),
        (PLANNING, "(&(mail=*)(!(manager=*)))", "CN=Max Bauprobe"),
    ],
)
def test_the_usual_filters_find_one_person(
    directory: ldap3.Connection, base: str, condition: str, found: str
) -> None:
    (dn,) = search(directory, base, condition)

    assert dn.startswith(f"{found},")


def test_members_and_memberships_agree(directory: ldap3.Connection) -> None:
    everything = search(directory, BASE_DN, "(objectClass=*)")

    of_groups = {(m, dn) for dn, entry in everything.items() for m in entry.get("member", [])}
    of_members = {(dn, g) for dn, entry in everything.items() for g in entry.get("memberOf", [])}

    assert of_groups == of_members
    assert {dn for pair in of_groups for dn in pair} <= everything.keys()


def test_the_groups_cover_what_is_hard(directory: ldap3.Connection) -> None:
    groups = search(directory, AMT, "(objectClass=group)")
    sizes = {entry["cn"][0]: len(entry.get("member", [])) for entry in groups.values()}
    nested = groups[f"CN=Fachdienste,OU=Gruppen,{AMT}"]["member"]

    assert sizes == {
        "Gewerbe": 3,
        "Bauaufsicht": 3,
        "Meldewesen": 2,
        "Fachdienste": 2,
        "Wohngeld": 0,
    }
    assert set(nested) <= groups.keys()


def test_a_disabled_account_is_still_a_member(directory: ldap3.Connection) -> None:
    group = escape_filter_chars(f"CN=Gewerbe,OU=Gruppen,{AMT}")
    members = search(directory, AMT, f"(memberOf={group})").values()

    assert [int(member["userAccountControl"][0]) & DISABLED for member in members].count(2) == 1


def test_every_entry_has_a_guid_of_its_own(directory: ldap3.Connection) -> None:
    guids = [entry["objectGUID"][0] for entry in search(directory, BASE_DN, "(cn=*)").values()]

    assert {len(guid) for guid in guids} == {16}
    assert len(set(guids)) == len(guids)


def test_a_matching_rule_is_an_error_not_an_empty_answer(directory: ldap3.Connection) -> None:
    directory.search(BASE_DN, "(userAccountControl:1.2.840.113556.1.4.803:=2)")

    assert directory.result["description"] == "other"


def test_an_unknown_base_is_an_error(directory: ldap3.Connection) -> None:
    directory.search(f"OU=Gibt es nicht,{BASE_DN}", "(objectClass=*)")

    assert directory.result["description"] == "noSuchObject"


def test_nothing_can_be_changed(directory: ldap3.Connection) -> None:
    group = f"CN=Wohngeld,OU=Gruppen,{AMT}"

    assert not directory.delete(group)
    assert not directory.modify(group, {"cn": [(ldap3.MODIFY_REPLACE, ["anders"])]})
    assert not directory.add(f"CN=neu,{AMT}", "group")
    assert not directory.modify_dn(group, "CN=anders")
    assert list(search(directory, group, "(objectClass=*)", ldap3.BASE)) == [group]


def test_twisted_stays_in_its_own_process() -> None:
    code = "import sys, infra.local.ldap; sys.exit('twisted' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_server_does_not_start_without_a_password() -> None:
    server = [sys.executable, "-m", "infra.local.ldap_server", "--port=1", "--ldif=any"]

    done = subprocess.run(server, env={}, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "LDAP_DEMO_PASSWORD is not set" in done.stderr
