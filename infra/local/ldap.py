"""The demo directory as a part: an LDAP server that speaks like Active Directory, read-only."""

import os
import secrets
import sys
from pathlib import Path

from infra.local.ports import HOST, answers
from infra.local.supervisor import Part

BASE_DN = "dc=foerdekreis,dc=example"
BIND_DN = f"CN=svc-lotse,OU=Dienstkonten,{BASE_DN}"
PASSWORD = "LDAP_DEMO_PASSWORD"  # noqa: S105 (the name of the variable)
LDIF = Path(__file__).with_name("demo") / "directory.ldif"


class EmbeddedLdap:
    """The password is the one in LDAP_DEMO_PASSWORD, else a new one at each start."""

    def __init__(self, state: Path, port: int, ldif: Path = LDIF) -> None:
        self._state = state.absolute()
        self._ldif = ldif
        self.port = port
        self.url = f"ldap://{HOST}:{port}"
        self.bind_dn = BIND_DN
        self.password = os.environ.get(PASSWORD) or secrets.token_urlsafe(16)

    def part(self) -> Part:
        server = ["-m", "infra.local.ldap_server", f"--port={self.port}", f"--ldif={self._ldif}"]
        return Part(
            name="ldap",
            argv=[sys.executable, *server],
            env={"PATH": os.environ.get("PATH", os.defpath), PASSWORD: self.password},
            cwd=self._state,
            log=self._state / "log" / "ldap.log",
            ready=lambda: answers(self.port),
        )
