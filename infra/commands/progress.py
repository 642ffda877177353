"""How far a long command is: one line rewritten on a terminal, else a line now and then."""

import time
from collections.abc import Callable
from typing import TextIO

EVERY_ON_A_TERMINAL = 0.2
EVERY_ELSEWHERE = 10.0


class ProgressLine:
    """`entries` are counted over all files; the time left is that of the file being read."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._rewrites = out.isatty()
        self._every = EVERY_ON_A_TERMINAL if self._rewrites else EVERY_ELSEWHERE
        self._began = self._told = clock()
        self._file = ""
        self._file_began = self._began

    def read(self, file: str, entries: int, share: float) -> None:
        now = self._clock()
        if file != self._file:
            self._file, self._file_began = file, now
        if now - self._told < self._every:
            return
        self._told = now
        rate = entries / max(now - self._began, 0.001)
        left = (now - self._file_began) * (1 - share) / max(share, 0.001)
        self._tell(
            f"{file}: {share:.0%}, {entries:,} entries, {rate:,.0f}/s, {_duration(left)} left"
        )

    def phase(self, what: str) -> None:
        """Told at once on a terminal; elsewhere only of what takes long anyway."""
        if self._rewrites or self._clock() - self._began >= self._every:
            self._tell(what)

    def end(self) -> None:
        if self._rewrites:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _tell(self, text: str) -> None:
        self._out.write(f"\r\x1b[K{text}" if self._rewrites else f"{text}\n")
        self._out.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
