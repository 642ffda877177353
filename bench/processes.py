"""A function as its own process, on a core of its own, with what it cost."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psutil

from bench.load import read_answer
from infra.local.ports import free_port

ROOT = Path(__file__).parents[1]
FUNCTION_CORE = 0
OTHER_CORE = 1


class FunctionProcess:
    """functions-framework with one worker, as the manifests run it."""

    def __init__(self, source: str, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        self.started_at = time.perf_counter()
        framework = Path(sys.executable).with_name("functions-framework")
        self._process = subprocess.Popen(
            [
                framework,
                f"--source={source}",
                "--target=handle",
                "--host=127.0.0.1",
                f"--port={self.port}",
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        psutil.Process(self._process.pid).cpu_affinity([FUNCTION_CORE])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)

    def first_answer(self, request: bytes) -> tuple[float, int]:
        """Seconds from the start of the process to the whole answer, and its status."""
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    connection.sendall(request)
                    status = read_answer(connection)
                    return time.perf_counter() - self.started_at, status
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"{self._process.args!r} ended") from None
                time.sleep(0.002)

    def cpu_seconds(self) -> float:
        """User and system time of the process and its worker so far."""
        return sum(sum(one.cpu_times()[:2]) for one in self._family())

    def memory_mib(self) -> float:
        """Proportional: a page that the worker shares with its parent counts once."""
        return sum(one.memory_full_info().pss for one in self._family()) / 2**20

    def peak_mib(self) -> float:
        """The worker's largest resident size so far, as the kernel keeps it."""
        worker = self._family()[-1]
        for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the kernel keeps no VmHWM")

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]
