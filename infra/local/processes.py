"""End processes with everything they started, and never one that merely got a re-used pid."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

# psutil derives the start time from the clock, which may have been set meanwhile.
CLOCK_TOLERANCE = 2.0


class ProcessId(NamedTuple):
    """A pid is re-used one day; together with the start time it is not."""

    pid: int
    born: float


def identify(pid: int) -> ProcessId | None:
    try:
        return ProcessId(pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def kill_tree(leader: int) -> None:
    """The group and all descendants: Postgres gives each of its children a session of its own."""
    # Stopped first, so that it starts no further child while its children are counted.
    signal_group(leader, signal.SIGSTOP)
    try:
        descendants = psutil.Process(leader).children(recursive=True)
    except psutil.NoSuchProcess:
        descendants = []
    signal_group(leader, signal.SIGKILL)
    for process in descendants:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _until_ended(descendants)


def _until_ended(processes: Sequence[psutil.Process], timeout: float = 5.0) -> None:
    """Ended is enough: who adopted them may take seconds to collect them."""
    end = time.monotonic() + timeout
    while any(_runs(process) for process in processes) and time.monotonic() < end:
        time.sleep(0.01)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def kill_left_behind(recorded: ProcessId) -> None:
    """What a supervisor that was killed has left running, if it is still the same process."""
    now = identify(recorded.pid)
    if now is None:
        # The leader is gone. As long as a member of its group lives, its pid is not given away.
        members = [p for p in psutil.process_iter() if _group_of(p.pid) == recorded.pid]
        if members and all(p.create_time() > recorded.born - CLOCK_TOLERANCE for p in members):
            signal_group(recorded.pid, signal.SIGKILL)
    elif abs(now.born - recorded.born) < CLOCK_TOLERANCE and _group_of(recorded.pid) == now.pid:
        leader = psutil.Process(recorded.pid)
        kill_tree(recorded.pid)
        _until_ended([leader])


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None
