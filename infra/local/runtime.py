"""What other commands have to know of a running installation: `<state>/runtime.json`."""

import json
import os
from pathlib import Path

from pydantic import BaseModel, ValidationError

from infra.local.errors import LocalError
from infra.local.processes import identify
from infra.local.state import PROCESSES, running_supervisor

RUNTIME = "runtime.json"


class Runtime(BaseModel):
    """Readable by its owner only: the URLs may hold a password.

    `environment` is what the functions are told of their servers, and what the configuration
    refers to.
    """

    pid: int
    intake_url: str
    broker_url: str
    operator_database_url: str
    ports: dict[str, int]
    environment: dict[str, str] = {}


def state_directory() -> Path:
    return Path(os.environ.get("LOTSE_STATE") or ".lotse")


def write_runtime(state: Path, runtime: Runtime) -> None:
    fresh = state / f"{RUNTIME}.new"
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(runtime.model_dump_json(indent=2))
    fresh.replace(state / RUNTIME)


def read_runtime(state: Path) -> Runtime | None:
    """None if nothing runs in this directory (now). Raise LocalError if it may not be read."""
    try:
        if running_supervisor(state) is None:
            return None
        return Runtime.model_validate_json((state / RUNTIME).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    except PermissionError:
        raise LocalError(
            f"{state} may not be read; use the account that runs `lotse up` there"
        ) from None


def running_parts(state: Path) -> dict[str, bool]:
    """Name -> whether its process is there now, and not just being restarted."""
    try:
        recorded = json.loads((state / PROCESSES).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {name: identify(pid) is not None for name, (pid, _) in recorded.items()}
