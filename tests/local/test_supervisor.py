"""Parts start in order, come back when they die, and leave nothing behind."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra.local.errors import AlreadyRunning, LocalError, PartFailed, PortTaken
from infra.local.ports import free_port, free_ports, is_free, require_free
from infra.local.processes import ProcessId, identify, kill_left_behind
from infra.local.state import running_supervisor
from infra.local.supervisor import Part, State, Supervisor

SLEEP = "import time; time.sleep(600)"
# A child in the same group, and one that leaves it for a session of its own, as Postgres' do.
FAMILY = """
import pathlib, subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
pathlib.Path("children.new").write_text(" ".join(str(child.pid) for child in children))
pathlib.Path("children.new").rename("children")
children[0].wait()
"""
STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("ready").touch()
time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path) as supervisor:
        yield supervisor


def part(
    folder: Path, code: str = SLEEP, name: str = "part", ready: Callable[[], bool] = lambda: True
) -> Part:
    return Part(
        name=name,
        argv=[sys.executable, "-c", code],
        env={"PATH": os.defpath},
        cwd=folder,
        log=folder / f"{name}.log",
        ready=ready,
        deadline=30,
    )


def family(folder: Path) -> Part:
    return part(folder, FAMILY, ready=(folder / "children").exists)


def children(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "children").read_text().split()]


def runs(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_started_part_is_ready_and_runs(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part(tmp_path, STUBBORN, ready=(tmp_path / "ready").exists))

    assert (tmp_path / "ready").exists()
    assert runs(supervisor.pid("part"))
    assert [each.state for each in supervisor.status()] == [State.RUNNING]


def test_a_part_sees_only_its_own_environment(supervisor: Supervisor, tmp_path: Path) -> None:
    code = "import os, pathlib; pathlib.Path('env').write_text(','.join(os.environ)); " + SLEEP
    supervisor.start(part(tmp_path, code, ready=(tmp_path / "env").exists))

    # LC_CTYPE is set by Python itself where there is no locale.
    wait_for(lambda: "PATH" in (tmp_path / "env").read_text())
    assert set((tmp_path / "env").read_text().split(",")) <= {"PATH", "LC_CTYPE"}


def test_a_part_that_ends_at_once_is_named_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    code = "print('before'); raise SystemExit('the disk is made of cheese')"

    with pytest.raises(PartFailed, match=r"part did not start: ended with code 1;(.|\n)*cheese"):
        supervisor.start(part(tmp_path, code, ready=lambda: False))

    assert supervisor.status() == []


def test_a_program_that_does_not_exist_is_said_so(supervisor: Supervisor, tmp_path: Path) -> None:
    missing = Part("gone", ["/no/such/program"], {}, tmp_path, tmp_path / "log", lambda: False)

    with pytest.raises(PartFailed, match="/no/such/program cannot be started: No such file"):
        supervisor.start(missing)


def test_a_part_that_dies_is_restarted(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part(tmp_path))
    first = supervisor.pid("part")
    assert first is not None

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: supervisor.pid("part") not in (None, first))
    supervisor.wait_until_running("part")
    assert supervisor.status()[0].restarts == 1


def test_a_part_that_keeps_dying_is_restarted_again_and_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(part(tmp_path, "pass"))

    wait_for(lambda: supervisor.status()[0].restarts >= 3)


def test_a_kill_reaches_all_descendants(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(family(tmp_path))
    before = [supervisor.pid("part"), *children(tmp_path)]
    assert all(runs(pid) for pid in before)

    supervisor.kill("part")

    wait_for(lambda: not any(runs(pid) for pid in before))
    supervisor.wait_until_running("part")


def test_a_stopped_part_stays_stopped_with_its_group(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(family(tmp_path))
    group = [supervisor.pid("part"), children(tmp_path)[0]]
    loner = children(tmp_path)[1]

    supervisor.stop("part")
    os.kill(loner, signal.SIGKILL)

    wait_for(lambda: not any(runs(pid) for pid in group))
    assert supervisor.status() == []


def test_a_part_that_ignores_the_signal_is_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part(tmp_path, STUBBORN, ready=(tmp_path / "ready").exists))
    pid = supervisor.pid("part")

    supervisor.stop("part", grace=0.1)

    assert not runs(pid)


def test_parts_stop_in_reverse_order(supervisor: Supervisor, tmp_path: Path) -> None:
    stopped: list[str] = []
    for name in ("first", "second", "third"):
        alive = part(tmp_path, name=name)
        supervisor.start(Part(**{**vars(alive), "after_stop": lambda n=name: stopped.append(n)}))

    supervisor.stop()

    assert stopped == ["third", "second", "first"]


def test_a_name_is_taken_only_once(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part(tmp_path))

    with pytest.raises(LocalError, match="part was started before"):
        supervisor.start(part(tmp_path))


def test_an_unknown_part_is_an_error(supervisor: Supervisor) -> None:
    with pytest.raises(LocalError, match="there is no part called nobody"):
        supervisor.kill("nobody")


def test_a_second_supervisor_is_told_who_runs(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunning, match=rf"already running \(pid {os.getpid()}\)"):
        Supervisor(tmp_path)

    assert running_supervisor(tmp_path) == os.getpid()


def test_a_closed_supervisor_gives_the_directory_free(tmp_path: Path) -> None:
    Supervisor(tmp_path).close()

    assert running_supervisor(tmp_path) is None
    Supervisor(tmp_path).close()


def test_a_directory_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LocalError, match="cannot be written"):
        Supervisor(tmp_path / "file" / "state")


SUPERVISOR_TO_KILL = """
import os, pathlib, signal, sys
from infra.local.supervisor import Supervisor
from tests.local.test_supervisor import family, part
folder = pathlib.Path(sys.argv[1])
supervisor = Supervisor(folder)
supervisor.start(family(folder))
(folder / "pid").write_text(str(supervisor.pid("part")))
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_supervisor(folder: Path) -> list[int]:
    """What it had started."""
    subprocess.run(
        [sys.executable, "-c", SUPERVISOR_TO_KILL, str(folder)],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    return [int((folder / "pid").read_text()), *children(folder)]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_parts_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    leader, _, loner = killed_supervisor(tmp_path)

    wait_for(lambda: not runs(leader))
    os.kill(loner, signal.SIGKILL)


def test_the_next_start_ends_what_a_killed_supervisor_left(tmp_path: Path) -> None:
    leader, orphan, loner = killed_supervisor(tmp_path)

    with Supervisor(tmp_path):
        wait_for(lambda: not runs(leader) and not runs(orphan))
    os.kill(loner, signal.SIGKILL)


def test_a_process_with_a_re_used_pid_is_left_alone() -> None:
    bystander = subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    known = identify(bystander.pid)
    assert known is not None

    kill_left_behind(ProcessId(known.pid, known.born - 3600))
    assert bystander.poll() is None

    kill_left_behind(known)
    assert bystander.wait(timeout=30) == -signal.SIGKILL


def test_a_torn_record_of_processes_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text('{"postgres": [12')

    Supervisor(tmp_path).close()


def test_the_lock_is_not_inherited_by_parts(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    supervisor.start(part(tmp_path))
    supervisor._directory.close()

    with (tmp_path / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    supervisor.close()


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path, supervisor: Supervisor) -> None:
    port = free_port()
    code = f"import http.server as s; s.test(s.BaseHTTPRequestHandler, port={port})"
    assert require_free(port) == port
    supervisor.start(part(tmp_path, code, ready=lambda: not is_free(port)))

    with pytest.raises(PortTaken, match=rf"port {port} is taken.*choose one with --port"):
        require_free(port)


def test_free_ports_differ_and_are_none_of_outgoing_connections() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    assert max(ports) < 32_768
