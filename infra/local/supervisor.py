"""Start the parts of the stand-in, restart those that die, and end them all together."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.errors import LocalError, PartFailed
from infra.local.processes import ProcessId, identify, kill_tree, signal_group
from infra.local.state import StateDirectory

LAUNCHER = Path(__file__).with_name("launch.py")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # between a death and the restart, doubled each time
STEADY = 10.0  # a part that ran this long starts again with the first pause
POLL = 0.05
LARGEST_LOG = 10_000_000


@dataclass(frozen=True)
class Part:
    """One program of the stand-in. `env` is its whole environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    deadline: float = 60.0  # seconds until ready
    after_stop: Callable[[], None] = lambda: None


class State(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to restart"
    STOPPED = "stopped"


@dataclass(frozen=True)
class PartStatus:
    name: str
    state: State
    pid: int | None
    restarts: int


@dataclass
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    id: ProcessId | None
    state: State = State.STARTING
    restarts: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)
    watcher: threading.Thread | None = None


class Supervisor:
    """Thread-safe. Raises LocalError at once if the state directory is in use or not writable."""

    def __init__(self, state: Path) -> None:
        self._directory = StateDirectory(state)
        self._parts: dict[str, _Running] = {}
        self._lock = threading.RLock()
        # One thread starts all processes and outlives them: the kernel's "die with your parent"
        # means the thread that forked, not the process.
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, part: Part) -> None:
        """Returns when it is ready; raises PartFailed if it ends before that, or takes too long."""
        with self._lock:
            if part.name in self._parts:
                raise LocalError(f"{part.name} was started before")
            _rotate(part.log)
            process = self._spawner.submit(_spawn, part).result()
            running = self._parts[part.name] = _Running(part, process, identify(process.pid))
            self._record()
        end = time.monotonic() + part.deadline
        while not part.ready():
            code = running.process.poll()
            if code is not None or time.monotonic() > end:
                self.stop(part.name)
                raise PartFailed(_why(part, code))
            time.sleep(POLL)
        running.state = State.RUNNING
        running.watcher = threading.Thread(
            target=self._watch, args=[running], name=f"watch {part.name}", daemon=True
        )
        running.watcher.start()

    def kill(self, name: str) -> None:
        """As a crash: SIGKILL to the part and all it started. It is then restarted."""
        process = self._find(name).process
        kill_tree(process.pid)
        process.wait()

    def stop(self, name: str | None = None, grace: float = 10.0) -> None:
        """End one part, or all in reverse order of their start."""
        with self._lock:
            names = [name] if name else list(reversed(self._parts))
        for each in names:
            self._stop(self._find(each), grace)
            with self._lock:
                del self._parts[each]
                self._record()

    def close(self) -> None:
        """Stop all parts and give the state directory free."""
        self.stop()
        self._spawner.shutdown()
        self._directory.close()

    def pid(self, name: str) -> int | None:
        return next((each.pid for each in self.status() if each.name == name), None)

    def status(self) -> list[PartStatus]:
        with self._lock:
            return [_status(running) for running in self._parts.values()]

    def wait_until_running(self, name: str, timeout: float = 60.0) -> None:
        """After a kill or a crash: until the part has been restarted and is ready."""
        end = time.monotonic() + timeout
        while _status(self._find(name)).state is not State.RUNNING:
            if time.monotonic() > end:
                raise PartFailed(_why(self._find(name).part, None))
            time.sleep(POLL)

    def _find(self, name: str) -> _Running:
        with self._lock:
            if name not in self._parts:
                raise LocalError(f"there is no part called {name}")
            return self._parts[name]

    def _record(self) -> None:
        known = self._parts.values()
        self._directory.record({each.part.name: each.id for each in known if each.id is not None})

    def _watch(self, running: _Running) -> None:
        pause = FIRST_PAUSE
        while True:
            born = time.monotonic()
            self._until_it_ends(running)
            # Children that outlived it would keep its port or its shared memory.
            signal_group(running.process.pid, signal.SIGKILL)
            if running.stopping.is_set():
                return
            pause = FIRST_PAUSE if time.monotonic() - born > STEADY else pause
            running.state = State.WAITING
            if running.stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            with self._lock:
                if running.stopping.is_set():
                    return
                self._restart(running)

    def _restart(self, running: _Running) -> None:
        with contextlib.suppress(OSError):  # too many processes: the next pause may help
            process = self._spawner.submit(_spawn, running.part).result()
            running.state = State.STARTING
            running.process, running.id = process, identify(process.pid)
            running.restarts += 1
            self._record()

    def _until_it_ends(self, running: _Running) -> None:
        while running.state is State.STARTING and running.process.poll() is None:
            if running.part.ready():
                running.state = State.RUNNING
            else:
                time.sleep(POLL)
        running.process.wait()

    def _stop(self, running: _Running, grace: float) -> None:
        with self._lock:
            running.stopping.set()
        process = running.process
        if process.poll() is None:
            signal_group(process.pid, running.part.stop_signal)
            try:
                process.wait(timeout=grace)
            except subprocess.TimeoutExpired:
                kill_tree(process.pid)
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
        if running.watcher is not None:
            running.watcher.join()
        running.state = State.STOPPED
        running.part.after_stop()


def _spawn(part: Part) -> subprocess.Popen[bytes]:
    launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), part.user or "-"]
    with part.log.open("ab") as log:
        return subprocess.Popen(
            [*launch, *part.argv],
            env=dict(part.env),
            cwd=part.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _status(running: _Running) -> PartStatus:
    alive = running.process.poll() is None
    state = running.state
    if not alive and state is State.RUNNING:
        state = State.WAITING  # its watcher will notice in a moment
    return PartStatus(
        running.part.name, state, running.process.pid if alive else None, running.restarts
    )


def _rotate(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(f"{log.suffix}.1"))


def _why(part: Part, code: int | None) -> str:
    what = f"ended with code {code}" if code is not None else f"not ready after {part.deadline:g} s"
    last = part.log.read_text(errors="replace").splitlines()[-10:]
    return "\n".join([f"{part.name} did not start: {what}; the end of {part.log}:", *last])
