"""A function as its own process, on a core of its own, with what it cost."""

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import psutil

from bench.environment import ROOT
from bench.load import read_answer
from infra.local.ports import HOST, free_port

FUNCTION_CORE = 0
OTHER_CORE = 1


class FunctionProcess:
    """functions-framework with one worker, as the manifests run it; `programs` has its command."""

    def __init__(self, programs: Path, source: str, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            [
                "taskset",
                "--cpu-list",
                str(FUNCTION_CORE),
                programs / "functions-framework",
                f"--source={source}",
                "--target=handle",
                f"--host={HOST}",
                f"--port={self.port}",
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=60)

    def first_answer(self, request: bytes) -> float:
        """Seconds from the start of the process to the whole answer, which has to be 200."""
        while True:
            try:
                with socket.create_connection((HOST, self.port)) as connection:
                    connection.sendall(request)
                    _require_success(read_answer(connection))
                    return time.perf_counter() - self.started_at
            except ConnectionRefusedError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"{self._process.args!r} ended") from None
                time.sleep(0.002)

    def send_in_pieces(self, pieces: Iterable[bytes]) -> None:
        with socket.create_connection((HOST, self.port)) as connection:
            for piece in pieces:
                connection.sendall(piece)
            _require_success(read_answer(connection))

    def cpu_seconds(self) -> float:
        """User and system time of the process and its worker so far."""
        return sum(sum(one.cpu_times()[:2]) for one in self._family())

    def memory_mib(self) -> float:
        """Proportional: a page that the worker shares with its parent counts once."""
        return float(sum(one.memory_full_info().pss for one in self._family())) / 2**20

    def forget_peak(self) -> None:
        """Let the kernel count the largest resident size anew, from the size of now."""
        Path(f"/proc/{self._worker.pid}/clear_refs").write_text("5")

    def peak_mib(self) -> float:
        """The worker's largest resident size since then."""
        for line in Path(f"/proc/{self._worker.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the kernel keeps no VmHWM")

    @property
    def _worker(self) -> psutil.Process:
        return self._family()[-1]

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]


def _require_success(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"answered {status}, which is not what is measured")
