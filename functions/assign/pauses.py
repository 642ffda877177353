"""Leave a directory that failed alone for some seconds: not every case waits for its timeouts."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from shared.domain.configuration.directories import Directory
from shared.domain.errors import NotAnswered, Unavailable

T = TypeVar("T")

PAUSE_SECONDS = 5.0


class Pauses:
    """Thread-safe; one for the whole process."""

    def __init__(self, seconds: float = PAUSE_SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._until: dict[Directory, float] = {}

    def ask(self, directory: Directory, question: Callable[[], T]) -> T:
        """Raise Unavailable, at once if the directory has failed some seconds ago."""
        self._require_no_pause(directory)
        try:
            answer = question()
        except NotAnswered:
            self._until.pop(directory, None)
            raise
        except Unavailable:
            self._begin(directory)
            raise
        self._until.pop(directory, None)
        return answer

    def _require_no_pause(self, directory: Directory) -> None:
        with self._lock:
            until = self._until.get(directory)
            if until is None:
                return
            if time.monotonic() < until:
                raise Unavailable(f"directory {directory.id} did not answer some seconds ago")
            # One asks whether it is back; the others need not wait for that.
            self._begin(directory)

    def _begin(self, directory: Directory) -> None:
        self._until[directory] = time.monotonic() + self.seconds
