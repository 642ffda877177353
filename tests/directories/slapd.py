"""A real OpenLDAP server with our municipality. It needs no rights, and is filled in no time."""

from pathlib import Path

from tests.directories import slapd_entries
from tests.directories.certificates import issue
from tests.directories.municipality import ADMIN_PASSWORD, DOMAIN, READER
from tests.directories.programs import run, without
from tests.directories.server import DirectoryServer

PROGRAMS = {"slapd": "slapd", "slapadd": "slapd", "openssl": "openssl"}
SCHEMAS = ("core", "cosine", "inetorgperson", "nis")


def missing() -> str | None:
    """Why it cannot run here."""
    return without(PROGRAMS)


class SlapdServer(DirectoryServer):
    """With a `size_limit`, no more entries are answered at once: pages of them are.

    `content` is LDIF, with the domain's head and whoever is to read; else it is the municipality.
    """

    admin_dn = f"CN=Verwaltung,{DOMAIN}"

    def __init__(
        self, folder: Path, size_limit: int | None = None, content: str | None = None
    ) -> None:
        folder.mkdir(parents=True)
        super().__init__(folder, issue(folder / "tls"))
        self._configuration = folder / "slapd.conf"
        self._configuration.write_text(self._settings(size_limit))
        (folder / "database").mkdir()
        entries = folder / "entries.ldif"
        entries.write_text(slapd_entries.everything() if content is None else content)
        run("slapadd", "-q", "-f", self._configuration, "-l", entries)

    def start(self) -> None:
        addresses = f"{self.url}/ {self.tls_url}/"
        self._spawn(["slapd", "-d", "0", "-f", str(self._configuration), "-h", addresses])

    def _settings(self, size_limit: int | None) -> str:
        limit = size_limit or "unlimited"
        lines = [
            *(f"include /etc/ldap/schema/{name}.schema" for name in SCHEMAS),
            "modulepath /usr/lib/ldap",
            *(f"moduleload {name}" for name in ("back_mdb", "memberof", "ppolicy")),
            f"pidfile {self.folder}/slapd.pid",
            f"argsfile {self.folder}/slapd.args",
            f"TLSCACertificateFile {self.certificate.ca_file}",
            f"TLSCertificateFile {self.certificate.chain}",
            f"TLSCertificateKeyFile {self.certificate.key}",
            f"sizelimit size.soft={limit} size.hard={limit} size.prtotal=unlimited",
            "allow bind_anon_dn",  # as some are: a name without a password is nobody, and welcome
            "access to attrs=userPassword by anonymous auth",
            f'access to * by dn.exact="{READER}" read by anonymous auth',
            "database mdb",
            f'suffix "{DOMAIN}"',
            f'rootdn "{self.admin_dn}"',
            f"rootpw {ADMIN_PASSWORD}",
            f"directory {self.folder}/database",
            "maxsize 268435456",
            "index objectClass,entryUUID,uid,cn,mail,member,memberOf eq",
            "overlay memberof",
            "overlay ppolicy",
            f'ppolicy_default "{slapd_entries.POLICY}"',
            "",
        ]
        return "\n".join(lines)
