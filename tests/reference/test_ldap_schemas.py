"""Directories of others, by a mapping: what they publish of their schema and their data."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import EmbeddedLdap
from infra.local.ports import free_port
from infra.local.supervisor import Supervisor
from shared.domain.caseworkers import Members
from tests.functions.assign.directories import PASSWORD, at, group, unit

MUNICH = {
    "id": "lhmObjectID",
    "people": ["lhmPerson"],
    "groups": ["groupOfUniqueNames"],
    "members": ["uniqueMember"],
    "unit_reference": "lhmObjectReference",
}
SCHOOLS = "ou=Referat für Bildung und Sport,o=oubase,dc=lhm"


@contextmanager
def served(folder: Path, entries: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server that knows no schema, and takes any."""
    ldif = folder / "published.ldif"
    ldif.write_text("\n\n".join([*entries, ""]))
    server = EmbeddedLdap(folder, free_port(), ldif)
    monkeypatch.setenv(PASSWORD, server.password)
    with Supervisor(folder) as supervisor:
        supervisor.start(server.part())
        yield server.url


def published(ldif: str) -> list[str]:
    """Each entry; without comments."""
    lines = [line for line in ldif.splitlines() if not line.startswith("#")]
    found = re.split(r"\n(?:[ \t]*\n)+", "\n".join(lines).strip())
    return [entry for entry in found if entry.startswith("dn:")]


def test_munich_has_its_people_beside_its_units(
    caseworkers: LdapCaseworkerDirectory,
    reference_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (reference_data / "ldap/ezldap-muenchen/data.ldif").read_text()
    filled = text.replace("{{ LDAP_BASE_DN }}", "dc=lhm").replace("{{ LDAP_DOMAIN }}", "lhm")
    domain = "dn: dc=lhm\nobjectClass: domain\ndc: lhm"

    with served(tmp_path, [domain, *published(filled)], monkeypatch) as url:
        directory = at(url, kind="other", mapping=MUNICH, base="dc=lhm")
        department = caseworkers.members(directory, unit(f"ou=Abteilung 2,{SCHOOLS}"))
        office = caseworkers.members(directory, unit(SCHOOLS))
        team = caseworkers.members(directory, group("cn=rbs,o=users,dc=lhm"))
        mail = caseworkers.addresses(directory, ["20013", "30002", "30001"])

    assert ids(department) == ids(office) == {"20013", "20014"}
    assert (department and department.unit, office and office.unit) == ("30003", "30001")
    # Its automatic groups name people by an attribute that is not in their names.
    assert team is not None
    assert (ids(team), team.unreadable) == (set(), 1)
    assert mail == {"20013": "peter.lustig@lhm", "30002": "rbs.a1@lhm"}


def test_groups_may_have_a_class_of_their_own(
    caseworkers: LdapCaseworkerDirectory,
    reference_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = sorted((reference_data / "ldap/planetexpress/data").glob("*.ldif"))
    base = "dc=planetexpress,dc=com"
    found = [entry for file in files for entry in published(file.read_text())]
    with_ids = [f"{entry}\nentryUUID: {uuid5(NAMESPACE_OID, entry)}" for entry in found]
    root = f"dn: {base}\nobjectClass: domain\ndc: planetexpress"

    with served(tmp_path, [root, *with_ids], monkeypatch) as url:
        directory = at(url, kind="openldap", mapping={"groups": ["Group"]}, base=base)
        crew = caseworkers.members(directory, group(f"cn=ship_crew,ou=people,{base}"))
        people = caseworkers.members(directory, unit(f"ou=people,{base}"))

    assert len(ids(crew)) == 3
    assert len(ids(people)) == 7
    assert ids(crew) < ids(people)


def ids(members: Members | None) -> set[str]:
    assert members is not None
    return {account.id for account in members.accounts}
