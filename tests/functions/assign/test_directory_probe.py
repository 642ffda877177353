"""What an administrator is told when a declared directory is tried step by step."""

import re
from pathlib import Path
from typing import Any

import pytest

from functions.assign.directory.probe import Step, probe
from infra.local.ports import HOST, free_port
from shared.domain.configuration.directories import Directory
from tests.directories.municipality import ACCOUNTS, BASE, BERTA, GROUPS, READER, SERVICE_PASSWORD
from tests.directories.samba import SambaServer
from tests.directories.slapd import SlapdServer
from tests.functions.assign.directories import municipality_at
from tests.functions.assign.network import a_certificate, answering

ALL_STEPS = ["address", "name", "port", "certificate", "bind", "base", "sample"]


def last(directory: Directory) -> Step:
    """Every step before it worked."""
    *before, end = probe(directory)
    assert all(step.ok for step in before)
    assert [step.name for step in (*before, end)] == ALL_STEPS[: len(before) + 1]
    return end


@pytest.mark.parametrize("server", ["samba_server", "slapd_server", "paging_slapd_server"])
def test_what_works_is_counted_and_nobody_is_named(
    request: pytest.FixtureRequest, server: str
) -> None:
    steps = list(probe(municipality_at(request.getfixturevalue(server))))

    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in ALL_STEPS]
    assert "people" in steps[-1].text
    assert "groups are readable" in steps[-1].text
    said = " ".join(step.text for step in steps)
    assert not any(secret in said for secret in (SERVICE_PASSWORD, "Berta", READER))


def test_the_demo_directory_works(demo: Directory) -> None:
    assert last(demo).ok


def test_each_server_is_tried(samba_server: SambaServer) -> None:
    away = f"ldaps://{HOST}:{free_port()}"
    steps = list(probe(municipality_at(samba_server, servers=[away, samba_server.tls_url])))

    assert [step.name for step in steps if step.server == away] == ALL_STEPS[:3]
    assert steps[2].text == "nothing listens at that port: is the server running?"
    assert steps[-1].ok


@pytest.mark.parametrize(
    ("changes", "step", "text"),
    [
        ({"servers": ["env:TEST_NOT_SET"]}, "address", "env:TEST_NOT_SET gives no address"),
        ({"servers": ["ldaps://gibt-es-nicht.invalid"]}, "name", "ask for its DNS entry"),
        ({"ca_file": None}, "certificate", "name its issuer's certificate in ca_file"),
        ({"password": "env:TEST_NOT_SET"}, "certificate", "secret env:TEST_NOT_SET is not there"),
        ({"bind_dn": BERTA}, "bind", "the bind was refused: wrong bind_dn or password"),
        ({"base": f"OU=Gibt es nicht,{BASE}"}, "base", "there is no base, or our account may not"),
        ({"base": GROUPS}, "sample", r"no people \(objectClass user\): is it the right one"),
        ({"base": ACCOUNTS}, "sample", "all 2 people are disabled, locked or service accounts"),
        ({"mapping": {"required": ["street"]}}, "sample", "may not read what it needs:.* street"),
    ],
)
def test_the_first_step_that_fails_says_what_to_mend(
    samba_server: SambaServer, changes: dict[str, Any], step: str, text: str
) -> None:
    end = last(municipality_at(samba_server, **changes))

    assert (end.name, end.ok) == (step, False)
    assert_says(end, text)


def test_a_password_is_never_sent_in_the_clear_by_mistake(samba_data: Path, tmp_path: Path) -> None:
    with SambaServer(samba_data, tmp_path / "dc", insists_on_tls=True) as server:
        end = last(municipality_at(server, servers=[server.url], allow_plain=True))

    assert end.name == "bind"
    assert_says(end, "choose ldaps://, or start_tls = true")


def test_a_port_where_something_else_listens_is_named(slapd_server: SlapdServer) -> None:
    plain = slapd_server.url.replace("ldap://", "ldaps://")
    assert_says(last(municipality_at(slapd_server, servers=[plain])), "is it the right port")

    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20) as url:
        end = last(municipality_at(slapd_server, servers=[url], allow_plain=True))
    assert_says(end, "it does not answer as a directory does")


def test_another_servers_certificate_is_not_trusted(
    slapd_server: SlapdServer, tmp_path: Path
) -> None:
    other = str(a_certificate(tmp_path, "IP:127.0.0.1"))

    end = last(municipality_at(slapd_server, ca_file=other))

    assert (end.name, end.ok) == ("certificate", False)


def assert_says(step: Step, text: str) -> None:
    assert not step.ok
    assert re.search(text, step.text)
