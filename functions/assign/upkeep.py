"""What is to be done from time to time, one thing after the other, within a time."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from shared.domain.errors import Unavailable
from shared.runtime.logging import describe

Step = Callable[[float], None]
"""Ends soon after the deadline it is given, a time of the monotonic clock."""

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Upkeep:
    steps: Mapping[str, Step]
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """One at a time in this process; what goes wrong in one step is not the next one's."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            # Of the time each has its share, whatever the one before has taken.
            share = self.seconds / len(self.steps)
            for name, step in self.steps.items():
                self._run(name, step, self.clock() + share)
        finally:
            self._busy.release()

    def _run(self, name: str, step: Step, deadline: float) -> None:
        try:
            step(deadline)
        except Unavailable as exc:
            _logger.warning("upkeep_deferred", step=name, detail=str(exc))
        except Exception as exc:  # noqa: BLE001 - the other steps have nothing to do with it
            _logger.error("upkeep_failed", step=name, **describe(exc))
