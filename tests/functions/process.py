"""A function as it is deployed: a functions-framework process on a port of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3

from infra.local.ports import HOST, free_port
from shared.domain.events import Event
from shared.runtime.cloud_events import binary

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class FunctionProcess:
    url: str
    output: Path
    pid: int

    def post(self, event: Event) -> urllib3.BaseHTTPResponse:
        headers, body = binary(event)
        return self.send(headers, body)

    def send(self, headers: Mapping[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
        return urllib3.request(
            "POST", self.url, headers=headers, body=body, retries=False, timeout=60
        )

    def kill(self) -> None:
        """At once, with its worker; nothing of it gets a chance to tidy up."""
        process = psutil.Process(self.pid)
        for each in (*process.children(recursive=True), process):
            each.kill()

    def log(self) -> str:
        return self.output.read_text(encoding="utf-8")


@contextmanager
def a_function(source: str, folder: Path, **environment: str) -> Iterator[FunctionProcess]:
    """Runs `source`, a path within the repository; what it says goes to a file in `folder`."""
    port = free_port()
    program = str(Path(sys.executable).with_name("functions-framework"))
    output = folder / "output.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [program, f"--source={source}", "--target=handle", f"--port={port}", f"--host={HOST}"],
            cwd=REPOSITORY,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "THREADS": "4", **environment},
        )
    function = FunctionProcess(f"http://{HOST}:{port}", output, process.pid)
    try:
        _wait_until_ready(function, process)
        yield function
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_until_ready(function: FunctionProcess, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            answer = urllib3.request("GET", f"{function.url}/readyz", retries=False)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
            continue
        if answer.status == 200:
            return
    raise AssertionError(f"the function did not become ready: {function.log()}")
