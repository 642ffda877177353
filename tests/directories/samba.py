"""A real Active Directory: Samba as the domain controller of our municipality."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from infra.local.ports import HOST
from tests.directories import samba_entries
from tests.directories.certificates import Certificate, issue
from tests.directories.municipality import ADMIN_PASSWORD, DOMAIN, PRIMARY_GROUP
from tests.directories.programs import run, without
from tests.directories.server import DirectoryServer

RELAY = Path(__file__).with_name("relay.py")
REALM = "amt.example"
PROGRAMS = {
    "samba": "samba-ad-dc",
    "samba-tool": "samba-ad-dc samba-ad-provision",
    "ldbmodify": "ldb-tools",
    "unshare": "util-linux",
    "openssl": "openssl",
}
ALONE = ("unshare", "--net", "--pid", "--fork", "--kill-child")


def missing() -> str | None:
    """Why it cannot run here."""
    reason = without(PROGRAMS)
    if reason is None and not _may_be_alone():
        reason = "a network of its own, since Samba's ports are fixed, needs root here"
    return reason


def _may_be_alone() -> bool:
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


class SambaServer(DirectoryServer):
    """Its data and certificate are a copy of what `provision` has made.

    With `insists_on_tls` it refuses a password that comes unencrypted, as one is set up by default.
    """

    admin_dn = f"CN=Administrator,CN=Users,{DOMAIN}"

    def __init__(self, provisioned: Path, folder: Path, insists_on_tls: bool = False) -> None:
        shutil.copytree(provisioned, folder)
        super().__init__(folder, Certificate(folder / "tls"))
        self._configuration = folder / "smb.conf"
        settings = _settings(folder, self.certificate, "yes" if insists_on_tls else "no")
        lines = [f"{name} = {value}" for name, value in settings.items()]
        self._configuration.write_text("\n".join(["[global]", *lines, ""]))
        (folder / "run").mkdir()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        # pytest keeps the folders of several runs: the log is worth that, fifty megabytes are not.
        shutil.rmtree(self.folder / "private")

    def start(self) -> None:
        with (
            socket.create_server((HOST, self.port)) as plain,
            socket.create_server((HOST, self.tls_port)) as encrypted,
        ):
            sockets = (plain.fileno(), encrypted.fileno())
            relay = [sys.executable, "-I", "-S", str(RELAY), f"{sockets[0]}:389,{sockets[1]}:636"]
            samba = ["samba", "-F", "--no-process-group", "--debug-stdout"]
            options = ["-M", "prefork", "-s", str(self._configuration)]
            self._spawn([*ALONE, *relay, *samba, *options], sockets)


def provision(folder: Path) -> None:
    """Takes six seconds; a start with a copy of it takes less than one."""
    run(
        *(*ALONE, "samba-tool", "domain", "provision", f"--realm={REALM}", "--domain=AMT"),
        *("--server-role=dc", "--dns-backend=NONE", "--host-name=dc", f"--host-ip={HOST}"),
        *(f"--adminpass={ADMIN_PASSWORD}", f"--targetdir={folder}"),
        f"--option=log file={folder / 'provision.log'}",
    )
    issue(folder / "tls")
    _change(folder, samba_entries.everything())
    # Whose primary group it is can be said only once it has its number.
    found = _ldb("ldbsearch", folder, "-b", PRIMARY_GROUP, "primaryGroupToken")
    (number,) = [line.split()[1] for line in found.splitlines() if line.startswith("primaryGroupT")]
    _change(folder, samba_entries.primary_group(number))


def _change(folder: Path, ldif: str) -> None:
    changes = folder / "changes.ldif"
    changes.write_text(ldif)
    _ldb("ldbmodify", folder, str(changes))


def _ldb(program: str, folder: Path, *arguments: str) -> str:
    return run(program, "-H", folder / "private" / "sam.ldb", *arguments)


def _settings(folder: Path, certificate: Certificate, strong: str) -> dict[str, str | Path]:
    """All that it writes lies in its folder; of its services, it has the directory alone."""
    return {
        "netbios name": "DC",
        "realm": REALM.upper(),
        "workgroup": "AMT",
        "server role": "active directory domain controller",
        "server services": "ldap",
        "ldap server require strong auth": strong,
        "tls keyfile": certificate.key,
        "tls certfile": certificate.chain,
        "tls cafile": certificate.ca_file,
        "private dir": folder / "private",
        "lock directory": folder,
        "state directory": folder / "state",
        "cache directory": folder / "cache",
        "binddns dir": folder / "bind-dns",
        "pid directory": folder / "run",
        "ncalrpc dir": folder / "run" / "ncalrpc",
        "winbindd socket directory": folder / "run" / "winbindd",
        "ntp signd socket directory": folder / "run" / "ntp",
        "log file": folder / "samba.log",
    }
