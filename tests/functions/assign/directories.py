"""Declared directories for the servers that the tests start."""

from typing import Any

from infra.local.ldap import BASE_DN, BIND_DN, EmbeddedLdap
from shared.domain.caseworkers import Target, TargetKind
from shared.domain.configuration.directories import Directory
from tests.factories import TRADE_OFFICE

PASSWORD = "TEST_LDAP_PASSWORD"


def at(*servers: str, **changes: Any) -> Directory:
    return Directory.model_validate(
        {
            "id": "ad",
            "kind": "active_directory",
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


def group(name: str, where: str) -> Target:
    return Target(kind=TargetKind.GROUP, dn=f"CN={name},{where}")


def unit(dn: str) -> Target:
    return Target(kind=TargetKind.UNIT, dn=dn)
