"""Publish events right after the commit, off the request's path.

An event that is lost here is not lost: its case's `next_wake_at` is set, and `recover` sends it.
"""

import atexit
import os
import queue
import threading
import time
from collections.abc import Callable

import structlog
import urllib3

from shared.domain.errors import LotseError
from shared.domain.events import Event
from shared.runtime.cloud_events import binary

CAPACITY = 1000
THREADS = 4
TIMEOUT = urllib3.Timeout(connect=2, read=10)
DRAIN_SECONDS = 2.0

_logger = structlog.get_logger()


class Publisher:
    """Bounded: what does not fit is left to `recover`. Without a sink, everything is."""

    def __init__(self, sink: str | None, failed: Callable[[Event], None]) -> None:
        """`failed` is called from another thread for an event that was not surely delivered."""
        self._sink = sink
        self._failed = failed
        self._queue: queue.Queue[Event] = queue.Queue(CAPACITY)
        self._http = urllib3.PoolManager(maxsize=THREADS, retries=False, timeout=TIMEOUT)
        self._lock = threading.Lock()
        self._started_in: int | None = None

    def publish(self, event: Event) -> None:
        """Never blocks, never raises."""
        if self._sink is None:
            return
        self._start()
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            _logger.warning("event_not_published", event_id=str(event.id), reason="queue full")

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until everything was sent, but no longer."""
        deadline = time.monotonic() + seconds
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.01)

    def _start(self) -> None:
        """Threads do not survive a fork, so they start with the first event of a process."""
        if self._started_in == os.getpid():
            return
        with self._lock:
            if self._started_in == os.getpid():
                return
            for number in range(THREADS):
                threading.Thread(target=self._run, name=f"publisher-{number}", daemon=True).start()
            atexit.register(self.drain)
            self._started_in = os.getpid()

    def _run(self) -> None:
        while True:
            event = self._queue.get()
            try:
                self._send(event)
            except Exception as exc:  # noqa: BLE001 - a thread that ends would publish no more
                reason = str(exc) if isinstance(exc, LotseError) else type(exc).__name__
                _logger.error("event_not_published", event_id=str(event.id), reason=reason)
            finally:
                self._queue.task_done()

    def _send(self, event: Event) -> None:
        headers, body = binary(event)
        try:
            answer = self._http.request("POST", self._sink or "", body=body, headers=headers)
            if 200 <= answer.status < 300:
                return
            reason = str(answer.status)
        except urllib3.exceptions.HTTPError as exc:
            reason = type(exc).__name__
        # It may have been delivered all the same; consumers take a second one as the first.
        _logger.warning(
            "event_not_published",
            event_id=str(event.id),
            case_id=str(event.case_id),
            reason=reason,
        )
        self._failed(event)
