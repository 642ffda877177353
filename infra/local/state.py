"""The state directory: one supervisor at a time, and a record of the processes it started."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from infra.local.errors import AlreadyRunning, LocalError
from infra.local.processes import ProcessId, kill_left_behind

LOCK = "lock"
PROCESSES = "processes.json"


class StateDirectory:
    """Locked from its opening to its closing; a killed process gives the lock back by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = _locked(path)
        for process in self._recorded().values():
            kill_left_behind(process)
        self.record({})

    def record(self, processes: Mapping[str, ProcessId]) -> None:
        fresh = self.path / f"{PROCESSES}.new"
        fresh.write_text(json.dumps(processes))
        fresh.replace(self.path / PROCESSES)

    def close(self) -> None:
        self._lock.close()

    def _recorded(self) -> dict[str, ProcessId]:
        try:
            rows = json.loads((self.path / PROCESSES).read_text())
            return {name: ProcessId(int(pid), float(born)) for name, (pid, born) in rows.items()}
        except (FileNotFoundError, ValueError):
            return {}  # never written, or cut short when the machine went down


def running_supervisor(path: Path) -> int | None:
    """The pid of the supervisor that holds this directory now, if any."""
    try:
        with (path / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except BlockingIOError:
        return _pid_in(path / LOCK)
    return None


def _locked(path: Path) -> IO[str]:
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / LOCK).open("a")
    except OSError as exc:
        raise LocalError(
            f"{path} cannot be written ({exc.strerror}); choose another directory for the data"
        ) from exc
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        pid = _pid_in(path / LOCK)
        raise AlreadyRunning(f"already running (pid {pid or '?'}), see `lotse status`") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _pid_in(lock: Path) -> int | None:
    text = lock.read_text()
    return int(text) if text.isdigit() else None
