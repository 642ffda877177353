"""What the tests of assign's directory and commands run against."""

from collections.abc import Iterator

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import EmbeddedLdap
from shared.domain.configuration.directories import Directory
from tests.functions.assign.directories import PASSWORD, of
from tests.functions.assign.installation import directory_away, installation

__all__ = ["caseworkers", "demo", "directory_away", "installation"]


@pytest.fixture
def caseworkers() -> Iterator[LdapCaseworkerDirectory]:
    directory = LdapCaseworkerDirectory()
    yield directory
    directory.close()


@pytest.fixture
def demo(ldap_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, ldap_server.password)
    return of(ldap_server)
