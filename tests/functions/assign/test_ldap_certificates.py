"""No password goes to a server that does not prove who it is."""

from pathlib import Path

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN
from shared.domain.caseworkers import Members
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from tests.directories.municipality import NOBODY_THERE
from tests.directories.server import DirectoryServer
from tests.functions.assign.directories import at, group, municipality_at, unit
from tests.functions.assign.network import a_certificate, encrypting

TRADE = group(f"CN=Gewerbe,OU=Gruppen,OU=Amt Fördetal,{BASE_DN}")


def test_a_certificate_is_checked_by_its_issuer_and_its_name(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, tmp_path: Path
) -> None:
    right, wrong = a_certificate(tmp_path, "IP:127.0.0.1"), a_certificate(tmp_path, "DNS:other")
    expired = a_certificate(tmp_path / "expired", "IP:127.0.0.1", days=-1)
    plain_port = int(demo.servers[0].rpartition(":")[2])

    def asked(certificate: Path, trusted: Path | None) -> Members | None:
        with encrypting(plain_port, certificate) as url:
            ca_file = str(trusted) if trusted else None
            directory = at(url, allow_plain=False, ca_file=ca_file)
            return caseworkers.members(directory, TRADE)

    assert asked(right, trusted=right) is not None
    with pytest.raises(Unavailable, match="from nobody we trust"):
        asked(right, trusted=None)
    with pytest.raises(Unavailable, match="for another name"):
        asked(wrong, trusted=wrong)
    with pytest.raises(Unavailable, match="has expired: it needs a new one"):
        asked(expired, trusted=expired)


def test_a_server_without_start_tls_does_not_get_the_password(
    caseworkers: LdapCaseworkerDirectory, demo: Directory
) -> None:
    insisting = demo.model_copy(update={"start_tls": True})

    with pytest.raises(Unavailable, match="it does not offer StartTLS"):
        caseworkers.members(insisting, TRADE)


@pytest.mark.parametrize("server", ["samba_server", "slapd_server"])
@pytest.mark.parametrize("start_tls", [False, True])
def test_the_issuer_of_a_real_server_has_to_be_known(
    caseworkers: LdapCaseworkerDirectory,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    server: str,
    start_tls: bool,
) -> None:
    real: DirectoryServer = request.getfixturevalue(server)
    url = real.url if start_tls else real.tls_url
    trusting = municipality_at(real, servers=[url], start_tls=start_tls)
    other_issuer = str(a_certificate(tmp_path, "IP:127.0.0.1"))
    distrusting = trusting.model_copy(update={"ca_file": other_issuer})

    assert caseworkers.members(trusting, unit(NOBODY_THERE)) is not None
    with pytest.raises(Unavailable, match="from nobody we trust"):
        caseworkers.members(distrusting, unit(NOBODY_THERE))


def test_a_file_of_issuers_that_is_not_there_is_named(
    caseworkers: LdapCaseworkerDirectory, demo: Directory
) -> None:
    nowhere = demo.model_copy(update={"ca_file": "/nowhere/ca.pem"})

    with pytest.raises(Unavailable, match=r"ca_file /nowhere/ca\.pem is not there"):
        caseworkers.members(nowhere, TRADE)
