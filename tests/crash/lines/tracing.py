"""Follow a request through our own code line by line, and end the process at one of the lines."""

import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple, Self

from tests.crash.lines.effects import Effects, Mark

REPOSITORY = Path(__file__).parents[3]
OURS = tuple(
    f"{REPOSITORY}/{path}" for path in ("functions/", "shared/", "tests/crash/lines/wrong.py")
)


class Line(NamedTuple):
    """A line about to run for the n-th time since the trace began."""

    file: str
    number: int
    time: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}#{self.time}"


@dataclass(frozen=True, slots=True)
class Window:
    """From the first call of the function `first_call` in `file`."""

    file: str
    first_call: str


class Trace:
    """Of this thread, within the window; it is killed before `last`. Without that, `moments` are
    the first lines after each effect: killed at any line up to the next one, the process leaves
    the same world behind."""

    def __init__(self, window: Window, last: Line | None) -> None:
        self.moments: list[Line] = []
        self._effects = Effects() if last is None else None
        self._mark: Mark | None = None
        self._first = (str(REPOSITORY / window.file), window.first_call)
        self._last = last
        self._times: Counter[tuple[str, int]] = Counter()
        self._open = False

    def __enter__(self) -> Self:
        sys.settrace(self._called)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(OURS):
            return None
        if (code.co_filename, code.co_name) == self._first:
            self._open = True
        return self._reached

    def _reached(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and self._open:
            file, number = frame.f_code.co_filename, frame.f_lineno
            self._times[file, number] += 1
            relative = file[len(str(REPOSITORY)) + 1 :]
            line = Line(relative, number, self._times[file, number])
            if line == self._last:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._effects is not None and self._mark != (mark := self._effects.mark()):
                self._mark = mark
                self.moments.append(line)
        return self._reached
