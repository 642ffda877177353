"""One installation on this machine, shared by all who use it as a person at the terminal does."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.ports import free_port
from tests.e2e.running import Up, lotse


@pytest.fixture(scope="package")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lotse")


@pytest.fixture(scope="package")
def demo(state: Path) -> str:
    """What `lotse up --demo` said in this folder, before anything else."""
    done = lotse(state, "up", "--demo", f"--port={free_port()}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="package")
def up(state: Path, demo: str) -> Iterator[Up]:
    """A second start on the same data; it is ended after the last test if not by one."""
    running = Up(state, free_port())
    yield running
    running.end(signal.SIGKILL)
