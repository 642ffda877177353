"""What of directories and assignment rules is refused when it is declared."""

from typing import Any

import pytest
from pydantic import ValidationError

from functions.assign.configuration import DeclaredRules
from functions.assign.rules import TenantRules
from shared.domain.identifiers import TenantId
from tests.casework import a_directory, a_rule


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"servers": ["ldap://dc1"]}, "in the clear"),
        ({"servers": ["ldaps://dc1", "ldap://dc2"]}, "in the clear"),
        ({"servers": ["ldaps://dc1"], "start_tls": True}, "start_tls goes with ldap://"),
        ({"servers": []}, "at least 1"),
        ({"servers": ["http://dc1"]}, "pattern"),
        ({"servers": ["ldaps://dc1/DC=amt"]}, "pattern"),
        ({"servers": ["ldaps://user:secret@dc1"]}, "pattern"),
        ({"password": "hunter2"}, "pattern"),
        ({"bind_dn": ""}, "at least 1"),
        ({"base": "amt.example"}, "pattern"),
        ({"authorities": []}, "at least 1"),
    ],
)
def test_a_directory_that_would_not_work_or_not_be_safe_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        a_directory(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"servers": ["ldap://dc1"], "start_tls": True},
        {"servers": ["ldap://127.0.0.1:389"], "allow_plain": True},
        {"servers": ["env:LDAP_URL"]},
        {"base": "OU=Bauen\\, Planen,DC=amt,DC=example"},
    ],
)
def test_what_is_safe_or_was_asked_for_is_accepted(changes: dict[str, Any]) -> None:
    assert a_directory(**changes).servers


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"unit": "OU=Gewerbe,DC=amt"}, "not both"),
        ({"group": None}, "needs a group or a unit"),
        ({"group": "Gewerbe"}, "pattern"),
        ({"leika_prefix": "12345"}, "pattern"),
        ({"leika_prefix": "990500121040001"}, "pattern"),
        ({"strategy": "whoever"}, "team_tray"),
    ],
)
def test_a_rule_that_says_too_much_or_too_little_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        a_rule(**changes)


def test_rules_are_read_once_and_again_when_they_are_old() -> None:
    read: list[TenantId] = []

    def load(tenant: TenantId) -> TenantRules:
        read.append(tenant)
        return TenantRules()

    kept, passing = DeclaredRules(load, refresh_seconds=3600), DeclaredRules(load, 0)
    for tenant in ("a", "a", "b"):
        kept.of(TenantId(tenant))
    assert read == ["a", "b"]

    for _ in range(2):
        passing.of(TenantId("c"))
    assert read[2:] == ["c", "c"]
