"""`lotse` as a person uses it: a process of its own, with a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

LOTSE = Path(sys.executable).with_name("lotse")
REPOSITORY = Path(__file__).parents[2]
CASE = re.compile(r"^(\d+(?:-\d{4})+)\s+(\w+): (.*)$", re.MULTILINE)
DEADLINE = 120.0


def lotse(state: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOTSE, *arguments],
        env=environment(state),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def environment(state: Path) -> dict[str, str]:
    own = {"DATABASE_URL", "S3_ENDPOINT_URL", "LDAP_URL", "CLAMD_URL"}
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return {**inherited, "LOTSE_STATE": str(state), "PYTHONUNBUFFERED": "1"}


class Up:
    """`lotse up` in the background; `output` is what it has said so far."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.output = ""
        self._process = subprocess.Popen(
            [LOTSE, "up", f"--port={port}"],
            env=environment(state),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Whoever started the tests may ignore Ctrl-C (a background job does).
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            until(lambda: "It stays up" in self.output or self._process.poll() is not None)
            assert "It stays up" in self.output, self.output
        except AssertionError:
            self.end(signal.SIGKILL)
            raise

    def parts(self) -> dict[str, int]:
        """Name -> pid."""
        recorded = json.loads((self.state / "processes.json").read_text())
        return {name: pid for name, (pid, _) in recorded.items()}

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self._process.wait(timeout=DEADLINE)
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output += line


def cases(output: str) -> dict[str, str]:
    """Name of the demo application -> case number, from the closing lines of `up --demo`."""
    return {name: number for number, name, _ in CASE.findall(output)}


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)
