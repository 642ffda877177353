"""Work in a forked process that may be killed; what it told before is not lost."""

import gc
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_FORK = multiprocessing.get_context("fork")
Tell = Callable[[Any], None]
Work = Callable[[Tell], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is the negative signal of a process that was killed."""

    exit_code: int
    told: list[Any]


class Child:
    """Ends without Python's exit handlers: they belong to the process it was forked from.

    As a daemon it is terminated when that one ends.
    """

    def __init__(self, work: Work, *, daemon: bool = False) -> None:
        self._reader, writer = _FORK.Pipe(duplex=False)
        self._process = _FORK.Process(target=_run, args=(work, writer), daemon=daemon)
        self._process.start()
        writer.close()

    def next(self) -> Any:
        """What it tells next."""
        return self._reader.recv()

    def terminate(self) -> None:
        self._process.terminate()

    def end(self) -> Ended:
        """Wait for it; what it has told since."""
        told = []
        with self._reader, suppress(EOFError):
            while True:
                told.append(self._reader.recv())
        self._process.join()
        exit_code = self._process.exitcode
        assert exit_code is not None
        return Ended(exit_code, told)


def told_by(work: Work) -> list[Any]:
    """What it tells, if it ends well."""
    return all_told([work])


def all_told(works: list[Work]) -> list[Any]:
    """Side by side."""
    ended = [child.end() for child in [Child(work) for work in works]]
    assert all(one.exit_code == 0 for one in ended), "a process broke off: see its traceback"
    return [message for one in ended for message in one.told]


def _run(work: Work, writer: Connection) -> None:
    gc.disable()  # it would touch every page it shares with the process it was forked from
    work(writer.send)
