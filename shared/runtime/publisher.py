"""Publish events right after the commit, off the request's path.

An event that is lost here is not lost: its case's `next_wake_at` is set, and `recover` sends it.
"""

import atexit
import queue
import threading
import time
from collections.abc import Callable

import structlog

from shared.domain.errors import LotseError
from shared.domain.events import Event
from shared.runtime.logging import describe
from shared.runtime.sink import Sink

CAPACITY = 1000
THREADS = 4
DRAIN_SECONDS = 2.0

_logger = structlog.get_logger()


class Publisher:
    """Bounded: what does not fit is left to `recover`; without a sink, everything is.

    Use one per process, built after the fork. `failed` is called from another thread for each event
    that was not surely delivered.
    """

    def __init__(self, url: str | None, failed: Callable[[Event], None]) -> None:
        self._sink = Sink(url, connections=THREADS) if url else None
        self._failed = failed
        self._queue: queue.Queue[Event] = queue.Queue(CAPACITY)
        self._lock = threading.Lock()
        self._started = False

    def publish(self, event: Event) -> None:
        """Never blocks, never raises."""
        if self._sink is None:
            return
        if not self._started:
            self._start(self._sink)
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            _logger.warning("event_not_published", event_id=str(event.id), reason="queue full")

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until everything was sent, but no longer."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _start(self, sink: Sink) -> None:
        with self._lock:
            if self._started:
                return
            for number in range(THREADS):
                # Daemons: a sink that hangs must not hold up the end of the process.
                threading.Thread(
                    target=self._run, args=(sink,), name=f"publisher-{number}", daemon=True
                ).start()
            atexit.register(self.drain)
            self._started = True

    def _run(self, sink: Sink) -> None:
        while True:
            event = self._queue.get()
            try:
                self._send(event, sink)
            except Exception as exc:  # noqa: BLE001 - a thread that ends would publish no more
                _logger.error("publisher_failed", event_id=str(event.id), **describe(exc))
            finally:
                self._queue.task_done()

    def _send(self, event: Event, sink: Sink) -> None:
        try:
            sink.send(event)
        except LotseError as exc:
            # It may have been delivered all the same; consumers take a second one as the first.
            _logger.warning(
                "event_not_published",
                event_id=str(event.id),
                case_id=str(event.case_id),
                reason=str(exc),
            )
            self._failed(event)
