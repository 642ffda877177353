"""The LDAP adapter against what directories and networks do on a bad day."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN, EmbeddedLdap
from infra.local.ports import HOST, free_port
from infra.local.supervisor import Supervisor
from shared.domain.caseworkers import Account, Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from tests.functions.assign.directories import PASSWORD, at, group, of, unit

HARD = Path(__file__).with_name("hard.ldif")
GROUPS = f"OU=Gruppen,OU=Amt Fördetal,{BASE_DN}"
TRADE = group("Gewerbe", GROUPS)
AMT = f"OU=Amt,{BASE_DN}"
COMMA = f"OU=Größe\\, Form \\+ Maß,{AMT}"


@pytest.fixture(scope="module")
def hard_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedLdap]:
    state = tmp_path_factory.mktemp("hard")
    server = EmbeddedLdap(state, free_port(), ldif=HARD)
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        yield server


@pytest.fixture
def caseworkers() -> Iterator[LdapCaseworkerDirectory]:
    directory = LdapCaseworkerDirectory()
    yield directory
    directory.close()


@pytest.fixture
def hard(hard_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, hard_server.password)
    return of(hard_server, base=AMT)


@pytest.fixture
def demo(ldap_server: EmbeddedLdap, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv(PASSWORD, ldap_server.password)
    return of(ldap_server)


def everyone(members: Members | None) -> set[Account]:
    assert members is not None
    assert members.accounts
    return set(members.accounts)


def short_ids(members: Members | None) -> list[str]:
    """The first byte of each account's GUID, as it lies in the directory."""
    return sorted(account.id[6:8] for account in everyone(members))


@pytest.mark.parametrize("start", ["Cycle-A", "Cycle-B", "Cycle-C"])
def test_groups_that_contain_each_other_have_everybody_once(
    caseworkers: LdapCaseworkerDirectory, hard: Directory, start: str
) -> None:
    members = caseworkers.members(hard, group(start, AMT))

    assert short_ids(members) == ["10", "11", "12"]


def test_what_is_gone_elsewhere_or_a_computer_is_counted_and_left_out(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    members = caseworkers.members(hard, group("Cycle-A", AMT))

    assert members is not None
    assert members.unreadable == 3
    assert [account.expires_at is None for account in members.accounts].count(False) == 1


def test_a_unit_with_a_comma_and_an_umlaut_has_everyone_below_it(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    assert short_ids(caseworkers.members(hard, unit(COMMA))) == ["10", "11", "12"]
    assert short_ids(caseworkers.members(hard, unit(f"OU=Teilamt,{COMMA}"))) == ["11", "12"]


@pytest.mark.parametrize(
    "target",
    [
        group("Elsewhere", BASE_DN),
        group("*", AMT),
        group("Cycle-A)(cn=*", AMT),
        group("Beispiel\\, Änne (Süd)*", COMMA),
        unit(f"OU=Gibt es nicht,{AMT}"),
        unit("no name=at all,"),
    ],
    ids=["outside", "wildcard", "filter", "a person", "missing unit", "no name"],
)
def test_what_is_no_group_or_unit_below_the_base_is_unknown(
    caseworkers: LdapCaseworkerDirectory, hard: Directory, target: Target
) -> None:
    assert caseworkers.members(hard, target) is None


def test_openldap_has_its_own_names_for_the_same(
    caseworkers: LdapCaseworkerDirectory, hard: Directory
) -> None:
    people = f"ou=people,{BASE_DN}"
    openldap = hard.model_copy(update={"kind": "openldap", "base": people})

    team = caseworkers.members(openldap, group("team", people))
    everyone = caseworkers.members(openldap, unit(people))

    assert team is not None
    assert everyone is not None
    assert {account.id[-2:]: account.enabled for account in team.accounts} == {
        "31": True,
        "32": False,
    }
    assert {*team.accounts} == {*everyone.accounts}
    assert (team.unit[-2:], everyone.unit[-2:]) == ("33", "30")


def test_the_connection_is_kept_and_replaced_when_the_server_was_restarted(
    caseworkers: LdapCaseworkerDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedLdap(tmp_path, free_port())
    monkeypatch.setenv(PASSWORD, server.password)
    directory = of(server)
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(server.part())
        first = everyone(caseworkers.members(directory, TRADE))

        supervisor.stop("ldap")
        with pytest.raises(Unavailable, match="directory ad: LDAPSocketOpenError"):
            caseworkers.members(directory, TRADE)

        supervisor.start(server.part())
        assert everyone(caseworkers.members(directory, TRADE)) == first
        supervisor.kill("ldap")
        supervisor.wait_until_running("ldap")
        assert everyone(caseworkers.members(directory, TRADE)) == first


def test_the_next_server_is_asked_when_one_is_away(
    caseworkers: LdapCaseworkerDirectory, demo: Directory
) -> None:
    away = f"ldap://{HOST}:{free_port()}"
    directory = demo.model_copy(update={"servers": (away, *demo.servers)})

    assert caseworkers.members(directory, TRADE) is not None


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


def test_a_certificate_is_checked_by_its_issuer_and_its_name(
    caseworkers: LdapCaseworkerDirectory, demo: Directory, tmp_path: Path
) -> None:
    right, wrong = a_certificate(tmp_path, "IP:127.0.0.1"), a_certificate(tmp_path, "DNS:other")
    plain_port = int(demo.servers[0].rpartition(":")[2])

    def asked(certificate: Path, trusted: Path | None) -> Members | None:
        with encrypting(plain_port, certificate) as url:
            ca_file = str(trusted) if trusted else None
            directory = at(url, allow_plain=False, ca_file=ca_file)
            return caseworkers.members(directory, TRADE)

    assert asked(right, trusted=right) is not None
    with pytest.raises(Unavailable):
        asked(right, trusted=None)
    with pytest.raises(Unavailable):
        asked(wrong, trusted=wrong)


def test_a_server_without_start_tls_does_not_get_the_password(
    caseworkers: LdapCaseworkerDirectory, demo: Directory
) -> None:
    insisting = demo.model_copy(update={"start_tls": True})

    with pytest.raises(Unavailable, match="directory ad: LDAPStartTLSError"):
        caseworkers.members(insisting, TRADE)


def a_certificate(folder: Path, name: str) -> Path:
    """Self-signed, with its key in the same file."""
    openssl = shutil.which("openssl")
    assert openssl is not None
    path = folder / f"{name.replace(':', '-')}.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subject = ["-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-days", "2"]
    files = ["-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run([openssl, *request, *subject, *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody, and ends."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        with _in_background(serve, server):
            yield f"ldap://{HOST}:{server.getsockname()[1]}"


@contextmanager
def encrypting(port: int, certificate: Path) -> Iterator[str]:
    """TLS in front of a plain server, for one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with (
                    context.wrap_socket(connection, server_side=True) as outside,
                    socket.create_connection((HOST, port)) as inside,
                ):
                    while request := outside.recv(65536):
                        inside.sendall(request)
                        outside.sendall(inside.recv(65536))
            except OSError:
                return

        with _in_background(serve, server):
            yield f"ldaps://{HOST}:{server.getsockname()[1]}"


@contextmanager
def _in_background(serve: object, server: socket.socket) -> Iterator[None]:
    assert callable(serve)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
