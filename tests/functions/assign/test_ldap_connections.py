"""Connections to a directory: kept, replaced, and given up in words that say what to mend."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ldap3
import pytest

from functions.assign.directory.connections import MOST_AT_ONCE
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST, free_port
from infra.local.supervisor import Supervisor
from shared.domain.caseworkers import Account, Members
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from tests.directories.samba import SambaServer
from tests.functions.assign.directories import PASSWORD, at, group, municipality_at, of
from tests.functions.assign.network import answering, wire_to

TRADE = group(f"CN=Gewerbe,OU=Gruppen,OU=Amt Fördetal,{BASE_DN}")


def people(members: Members | None) -> set[Account]:
    assert members is not None
    return {*members.accounts}


def test_the_connection_is_kept_and_replaced_when_the_server_was_restarted(
    caseworkers: LdapCaseworkerDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedLdap(tmp_path, free_port())
    monkeypatch.setenv(PASSWORD, server.password)
    directory = of(server)
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(server.part())
        first = people(caseworkers.members(directory, TRADE))
        assert first

        supervisor.stop("ldap")
        with pytest.raises(Unavailable, match="nothing listens at that port"):
            caseworkers.members(directory, TRADE)

        supervisor.start(server.part())
        assert people(caseworkers.members(directory, TRADE)) == first
        supervisor.kill("ldap")
        supervisor.wait_until_running("ldap")
        assert people(caseworkers.members(directory, TRADE)) == first


def test_the_next_server_is_asked_when_one_is_away_and_asked_first_from_then_on(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, ldap_server: EmbeddedLdap
) -> None:
    with wire_to(free_port()) as away, wire_to(ldap_server.port) as there:
        directory = demo.model_copy(
            update={"servers": (away.url, there.url), "answer_timeout_seconds": 1}
        )
        assert caseworkers.members(directory, TRADE) is not None
        tried = away.connections

        there.forget()

        assert caseworkers.members(directory, TRADE) is not None
        assert (tried, away.connections, there.connections) == (1, 1, 2)


def test_a_connection_that_a_firewall_forgot_is_replaced(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, ldap_server: EmbeddedLdap
) -> None:
    with wire_to(ldap_server.port) as wire:
        directory = demo.model_copy(update={"servers": (wire.url,), "answer_timeout_seconds": 1})
        first = people(caseworkers.members(directory, TRADE))
        wire.forget()

        assert people(caseworkers.members(directory, TRADE)) == first
        assert wire.connections == 2


def test_many_threads_share_few_connections(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, ldap_server: EmbeddedLdap
) -> None:
    with wire_to(ldap_server.port) as wire, ThreadPoolExecutor(30) as threads:
        directory = demo.model_copy(update={"servers": (wire.url,)})
        questions = [threads.submit(caseworkers.members, directory, TRADE) for _ in range(90)]
        answers = {frozenset(people(question.result())) for question in questions}

        assert len(answers) == 1
        assert 0 < wire.connections <= MOST_AT_ONCE


def test_a_refused_password_is_not_tried_again_and_a_new_one_is(
    caseworkers: LdapCaseworkerDirectory,
    demo: Directory,
    ldap_server: EmbeddedLdap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with wire_to(ldap_server.port) as wire:
        directory = demo.model_copy(update={"servers": (wire.url,)})
        monkeypatch.setenv(PASSWORD, "falsch")
        for _ in range(3):
            with pytest.raises(Unavailable, match="wrong bind_dn or password"):
                caseworkers.members(directory, TRADE)
        assert wire.connections == 1

        monkeypatch.setenv(PASSWORD, ldap_server.password)
        assert caseworkers.members(directory, TRADE) is not None


def test_a_server_that_refuses_us_keeps_the_others_from_being_asked(
    caseworkers: LdapCaseworkerDirectory,
    demo: Directory,
    ldap_server: EmbeddedLdap,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD, "falsch")
    with wire_to(ldap_server.port) as wire:
        directory = demo.model_copy(update={"servers": (demo.servers[0], wire.url)})

        with pytest.raises(Unavailable, match="the bind was refused"):
            caseworkers.members(directory, TRADE)
        assert wire.connections == 0


def test_active_directory_says_what_is_wrong_with_our_account(
    own_samba_server: SambaServer,
) -> None:
    directory = municipality_at(own_samba_server)
    states = {
        "its account is disabled": {"userAccountControl": "66050"},
        "its account has expired": {"userAccountControl": "66048", "accountExpires": "1"},
        "its password has to be changed": {"userAccountControl": "512", "pwdLastSet": "0"},
    }
    with own_samba_server.admin() as admin:
        for said, values in states.items():
            changes = {name: [(ldap3.MODIFY_REPLACE, [value])] for name, value in values.items()}
            admin.modify(own_samba_server.bind_dn, changes)

            with pytest.raises(Unavailable, match=f"the bind was refused: {said}"):
                LdapCaseworkerDirectory().members(directory, TRADE)
            admin.modify(
                own_samba_server.bind_dn, {"accountExpires": [(ldap3.MODIFY_REPLACE, ["0"])]}
            )


@pytest.mark.parametrize(
    ("password", "reason"),
    [("falsch", "the bind was refused"), ("", "the password is empty")],
)
def test_a_wrong_or_empty_password_is_unavailable(
    caseworkers: LdapCaseworkerDirectory,
    demo: Directory,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    reason: str,
) -> None:
    monkeypatch.setenv(PASSWORD, password)

    with pytest.raises(Unavailable, match=f"^directory ad: {reason}"):
        caseworkers.members(demo, TRADE)


def test_a_server_named_in_the_environment_may_not_lower_the_guard(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_LDAP_URL", demo.servers[0])
    named = demo.model_copy(update={"servers": ("env:TEST_LDAP_URL",)})
    guarded = named.model_copy(update={"allow_plain": False})

    assert caseworkers.members(named, TRADE) is not None
    with pytest.raises(Unavailable, match="env:TEST_LDAP_URL is not encrypted"):
        caseworkers.members(guarded, TRADE)
    monkeypatch.delenv("TEST_LDAP_URL")
    with pytest.raises(Unavailable, match="env:TEST_LDAP_URL gives no address"):
        caseworkers.members(guarded, TRADE)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20, b"\x30\x00"])
def test_a_server_that_answers_nonsense_is_unavailable(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setenv(PASSWORD, "any")

    with answering(answer) as url, pytest.raises(Unavailable, match="directory ad"):
        caseworkers.members(at(url, answer_timeout_seconds=1), TRADE)


def test_a_server_that_never_answers_is_unavailable(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "any")
    with socket.create_server((HOST, 0)) as silent:
        directory = at(f"ldap://{HOST}:{silent.getsockname()[1]}", answer_timeout_seconds=1)

        with pytest.raises(Unavailable, match="directory ad"):
            caseworkers.members(directory, TRADE)


def test_a_name_with_many_silent_servers_behind_it_is_given_up_in_time(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    with socket.create_server(("", 0)) as silent:
        port = silent.getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (f"127.0.0.{n}", port))
            for n in range(1, 16)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        began = time.monotonic()

        with pytest.raises(Unavailable, match="directory ad"):
            caseworkers.members(at(f"ldaps://amt.example:{port}", answer_timeout_seconds=1), TRADE)
        assert time.monotonic() - began < 10
