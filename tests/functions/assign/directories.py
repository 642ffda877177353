"""Declared directories for the servers that the tests start."""

from typing import Any

from infra.local.ldap import BASE_DN, BIND_DN, EmbeddedLdap
from shared.domain.caseworkers import Target, TargetKind
from shared.domain.configuration.directories import Directory
from tests.directories.municipality import ABSENCE, ACCOUNTS, CAPACITY
from tests.directories.samba import SambaServer
from tests.directories.server import DirectoryServer
from tests.factories import TRADE_OFFICE

PASSWORD = "TEST_LDAP_PASSWORD"
# What a municipality says of attributes that are meant for something else.
WORKLOAD = {
    "capacity": CAPACITY,
    "absent": [{"attribute": ABSENCE, "values": ["abwesend"]}],
}
SERVICE_UNITS = {"service_units": [ACCOUNTS]}


def at(*servers: str, **changes: Any) -> Directory:
    return Directory.model_validate(
        {
            "id": "ad",
            "kind": "active_directory",
            "mapping": {"in_chain": False},  # the demo's server does not know it
            "servers": list(servers),
            "allow_plain": True,
            "base": BASE_DN,
            "bind_dn": BIND_DN,
            "password": f"env:{PASSWORD}",
            "authorities": [TRADE_OFFICE],
            "connect_timeout_seconds": 1,
            "answer_timeout_seconds": 5,
            **changes,
        }
    )


def of(server: EmbeddedLdap, **changes: Any) -> Directory:
    return at(server.url, **changes)


def municipality_at(server: DirectoryServer, **changes: Any) -> Directory:
    """Over TLS. The password is in a file, as it is in a cluster."""
    password = server.folder / "reader.password"
    password.write_text(server.password)
    kind = "active_directory" if isinstance(server, SambaServer) else "openldap"
    return at(
        server.tls_url,
        **{
            "kind": kind,
            "mapping": WORKLOAD if kind == "active_directory" else SERVICE_UNITS | WORKLOAD,
            "ca_file": str(server.ca_file),
            "allow_plain": False,
            "base": server.base,
            "bind_dn": server.bind_dn,
            "password": f"file:{password}",
            **changes,
        },
    )


def group(dn: str) -> Target:
    return Target(kind=TargetKind.GROUP, dn=dn)


def unit(dn: str) -> Target:
    return Target(kind=TargetKind.UNIT, dn=dn)
