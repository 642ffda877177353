"""What a person at the terminal sees of an installation: it starts, shows the demo, stays up."""

import contextlib
import shlex
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from infra.configuration.store import stored_documents
from infra.local.demonstration import Outcome, bring_in, send_all
from infra.local.installation import Installation
from infra.local.runtime import state_directory
from shared.adapters.postgres.pool import Connection

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_lock = threading.Lock()


class Stopped(BaseException):
    """Somebody asked for the end: by Ctrl-C, by a signal, or by closing the terminal."""


class _Demo:
    """Whether this installation shows the demo: not beside configuration of one's own."""

    shown = False

    def prepare(self, conn: Connection) -> None:
        self.shown = bring_in(conn)


def run(state: Path, port: int, *, only_demo: bool) -> int:
    """The exit code. Raise LocalError if it cannot be started."""
    demo = _Demo()
    installation = Installation(state, port=port, prepare=demo.prepare, say=say)
    began = time.monotonic()
    say(f"Starting in {state} (this takes some seconds)")
    try:
        with _ended_by_signals(), installation:
            say(f"Everything runs after {time.monotonic() - began:.1f} s.")
            outcomes = _show_demo(installation) if demo.shown else []
            if only_demo:
                return _result(outcomes)
            say(_manual(installation))
            threading.Event().wait()
    except Stopped:
        say(f"\nStopped. The data are kept in {state}; `lotse up` continues with them.")
        return 130 if only_demo else 0
    return 0


def say(line: str) -> None:
    """A terminal that has gone away must not keep us from stopping what we started."""
    with _lock, contextlib.suppress(OSError, ValueError):
        print(line, flush=True)  # noqa: T201 - this is what the command is for


def _show_demo(installation: Installation) -> list[Outcome]:
    say("\nThe demo municipality sends its applications through the intake:")
    return send_all(installation.intake_url, installation.connection, say)


def _result(outcomes: list[Outcome]) -> int:
    say("")
    if not outcomes:
        say("This installation has a configuration of its own, so there is no demo to show.")
        return 1
    for outcome in outcomes:
        say(str(outcome))
    return 1 if any(outcome.problem for outcome in outcomes) else 0


def _manual(installation: Installation) -> str:
    with installation.connection() as conn:
        senders = [entry for key, entry in stored_documents(conn).items() if key.kind == "senders"]
    trusted = [s["id"] for s in senders if s["authentication"]["kind"] == "trusted_network"]
    warning = (
        f"\nThese senders prove nothing (trusted_network): {', '.join(trusted)}. "
        "Do not open this to a network."
        if trusted
        else ""
    )
    lotse = _command(installation.state)
    return f"""
It stays up until Ctrl-C. Form servers deliver to

  {installation.intake_url}/antrag

as to OZG-Cloud; docs/platforms/ has the addresses of other platforms,

and in another terminal

  {lotse} submit FILE    delivers an application of your own
  {lotse} case NUMBER    tells the story of a case
  {lotse} status         shows stages, what is due, tasks, dead letters
  {lotse} --help         lists everything else

Logs are in {installation.state / "log"}.{warning}"""


def _command(state: Path) -> str:
    """How to call `lotse` from this folder, so that it finds this installation."""
    program = Path(sys.argv[0]).absolute()
    if shutil.which("lotse") == str(program):
        call = "lotse"
    elif program.is_relative_to(Path.cwd()):
        call = str(program.relative_to(Path.cwd()))
    else:
        call = str(program)
    found_anyway = state_directory().absolute() == state
    return call if found_anyway else f"LOTSE_STATE={shlex.quote(str(state))} {shlex.quote(call)}"


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Raises Stopped in the main thread, once; what is ignored by the caller (nohup) stays so."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in handled:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    handled = [each for each in _ENDING if signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, stop) for each in handled}
    # The reader of our output may end before us.
    before[signal.SIGPIPE] = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
