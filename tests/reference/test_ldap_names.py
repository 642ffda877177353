"""Every character of String.Latin+ (DIN SPEC 91379) in a directory's names finds exactly itself."""

from collections.abc import Iterator
from pathlib import Path

import ldap3
import pytest
from ldap3.utils.dn import escape_rdn
from lxml import etree

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from shared.domain.caseworkers import Account, Members
from tests.directories.municipality import DOMAIN
from tests.directories.samba import SambaServer
from tests.directories.server import DirectoryServer
from tests.functions.assign.directories import group, municipality_at, unit

BASE = f"OU=Zeichen,{DOMAIN}"
LONGEST = 55  # of a name, in Active Directory's units
# What a filter or a name would read otherwise, if it came unescaped.
SPECIAL = (
    "*", "**", "a*", "(", ")", "()", "\\", "\\2a", "\\,", ")(cn=*", "*)(objectClass=*", "a)(|(cn=*",
    "&", "|", "!", "=", "a=b", "<", ">", ",", ";", "+", '"', "#", "'", "/", "a,OU=b", "a  b",
)  # fmt: skip


@pytest.fixture(params=["own_samba_server", "own_slapd_server"])
def server(request: pytest.FixtureRequest) -> DirectoryServer:
    found: DirectoryServer = request.getfixturevalue(request.param)
    return found


def test_every_name_finds_exactly_itself(
    caseworkers: LdapCaseworkerDirectory, server: DirectoryServer, reference_data: Path
) -> None:
    names = [*_names(reference_data), *(f"{each}n{each}" for each in SPECIAL)]
    with server.admin() as admin:
        _fill(admin, server, names)
    directory = municipality_at(server, base=BASE)
    people = [_person(name) for name in names]
    known = caseworkers.named(directory, people)
    mail = caseworkers.addresses(directory, [account.id for account in known.values()])

    assert [mail[known[dn].id] for dn in people] == [_mail(n) for n in range(len(names))]
    for name in names:
        themselves = [known[_person(name)]]
        assert _accounts(caseworkers.members(directory, unit(_unit(name)))) == themselves
        assert _accounts(caseworkers.members(directory, group(_group(name)))) == themselves
    for nobody in ("*", "0*", "\\00", "0\\00", "a\\00b", "*)(cn=*", "(cn=*)"):
        assert caseworkers.members(directory, group(f"CN={nobody},{BASE}")) is None
        assert caseworkers.members(directory, unit(f"OU={nobody},{BASE}")) is None
        assert caseworkers.named(directory, [f"CN={nobody},{BASE}"]) == {}


def _names(reference_data: Path) -> Iterator[str]:
    """A few that have all of them."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    path = reference_data / "hostile/strings/latinchars.xml"
    points = [cp.text.split() for cp in etree.parse(str(path), parser).iter("{*}cp") if cp.text]
    sequences = ["".join(chr(int(point, 16)) for point in of) for of in points]
    assert len(sequences) > 500
    name = ""
    # Tabs and line ends are in no declared name (`Dn`), and servers make spaces of them.
    for sequence in (each for each in sequences if each not in "\t\n\r"):
        if len(name) + len(sequence) > LONGEST:
            yield name
            name = ""
        name += sequence
    yield name


def _fill(admin: ldap3.Connection, server: DirectoryServer, names: list[str]) -> None:
    admin.add(BASE, "organizationalUnit")
    for number, name in enumerate(names):
        admin.add(_unit(name), "organizationalUnit")
        account = {"mail": _mail(number)}
        if isinstance(server, SambaServer):
            admin.add(_person(name), "user", {**account, "sAMAccountName": f"n{number}"})
            admin.add(_group(name), "group", {"member": [_person(name)]})
        else:
            admin.add(_person(name), "inetOrgPerson", {**account, "sn": "N"})
            admin.add(_group(name), "groupOfNames", {"member": [_person(name)]})


def _unit(name: str) -> str:
    return f"OU={escape_rdn(name)},{BASE}"


def _person(name: str) -> str:
    return f"CN={escape_rdn(name)},{_unit(name)}"


def _group(name: str) -> str:
    return f"CN={escape_rdn(name)},{BASE}"


def _mail(number: int) -> str:
    return f"n{number}@amt.example"


def _accounts(members: Members | None) -> list[Account]:
    assert members is not None
    return [*members.accounts]
