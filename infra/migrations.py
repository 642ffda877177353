"""Bring a database to the newest schema with dbmate: under a lock, each migration as a whole."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from infra.local.errors import MigrationFailed

MIGRATIONS = Path(__file__).parents[1] / "shared/adapters/postgres/migrations"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def migrate(url: str, directory: Path = MIGRATIONS) -> None:
    """Safe to run twice at once and to kill: the lock is the connection's, and ends with it."""
    done = subprocess.run(
        dbmate(directory), env=environment(url), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        # The first line of an error names the object; what follows may quote values.
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = next((line for line in said if line.startswith("Error:")), "dbmate failed")
        raise MigrationFailed(f"the database was not migrated. {reason}")


def dbmate(directory: Path) -> list[str]:
    return [
        str(Path(sys.executable).with_name("dbmate")),
        "--env-file=/dev/null",  # a .env of the current folder is not ours
        f"--migrations-dir={directory}",
        "--no-dump-schema",
        "--migration-lock",
        "migrate",
    ]


def environment(url: str) -> dict[str, str]:
    """The URL goes this way because arguments are visible to every user of the machine."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DBMATE")}
    return inherited | {"DATABASE_URL": _with_sslmode(url)}


def _with_sslmode(url: str) -> str:
    """dbmate insists on TLS where libpq only prefers it; on the own machine there is none."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.hostname in LOOPBACK:
        query.setdefault("sslmode", "disable")
    return parts._replace(query=urlencode(query)).geturl()
