"""The stand-in for a PingSource: posts an event on a schedule, and minds no failure.

python -m infra.local.ping --sink http://127.0.0.1:8085/ --schedule "* * * * *"
"""

import argparse
import re
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog
import urllib3

from infra.local.errors import LocalError
from shared.runtime.logging import configure

EVENT_TYPE = "dev.knative.sources.ping"

_EVERY_MINUTES = re.compile(r"(?:\*|\*/([1-9]|[1-5]\d)) \* \* \* \*")

_logger = structlog.get_logger()


class UnknownSchedule(LocalError):
    """Only every minute and every so many minutes of an hour are known."""


def seconds_until_next(schedule: str, now: float) -> float:
    """Cron's `* * * * *` and `*/N * * * *`, where N counts anew each hour."""
    match = _EVERY_MINUTES.fullmatch(schedule.strip())
    if match is None:
        raise UnknownSchedule(f"cannot keep the schedule {schedule!r}, only '*/N * * * *'")
    step = 60 * int(match[1] or 1)
    into_the_hour = now % 3600
    following = min(3600.0, (into_the_hour // step + 1) * step)
    return following - into_the_hour


class Ping(threading.Thread):
    """Posts until it is stopped; `until_next` says how long to wait, in seconds."""

    def __init__(
        self,
        sink: str,
        until_next: Callable[[], float],
        *,
        name: str = "ping",
        data: bytes = b"",
        content_type: str | None = None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._sink = sink
        self._until_next = until_next
        self._data = data
        self._content_type = content_type
        self._stopped = threading.Event()
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def run(self) -> None:
        while not self._stopped.wait(self._until_next()):
            self._post()

    def stop(self) -> None:
        self._stopped.set()

    def _post(self) -> None:
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(uuid4()),
            "ce-type": EVENT_TYPE,
            "ce-source": f"/apis/v1/namespaces/local/pingsources/{self.name}",
            "ce-time": datetime.now(UTC).isoformat(),
        }
        if self._content_type:
            headers["content-type"] = self._content_type
        try:
            answer = self._http.request("POST", self._sink, body=self._data, headers=headers)
        except urllib3.exceptions.HTTPError as exc:
            _logger.warning("ping_failed", name=self.name, reason=type(exc).__name__)
            return
        if not 200 <= answer.status < 300:
            _logger.warning("ping_failed", name=self.name, reason=str(answer.status))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.ping")
    parser.add_argument("--sink", required=True, help="URL that gets the event")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--schedule", help="as in cron: '* * * * *' or '*/N * * * *'")
    when.add_argument("--every", type=float, metavar="SECONDS")
    parser.add_argument("--name", default="ping")
    parser.add_argument("--data", default="")
    parser.add_argument("--content-type")
    parser.add_argument("--log-level", default="info")
    options = parser.parse_args()
    configure(options.log_level)

    def until_next() -> float:
        if options.every is not None:
            return float(options.every)
        return seconds_until_next(options.schedule, time.time())

    try:
        until_next()
    except UnknownSchedule as exc:
        parser.error(str(exc))
    ping = Ping(
        options.sink,
        until_next,
        name=options.name,
        data=options.data.encode(),
        content_type=options.content_type,
    )
    signal.signal(signal.SIGTERM, lambda *_: ping.stop())
    signal.signal(signal.SIGINT, lambda *_: ping.stop())
    ping.start()
    ping.join()


if __name__ == "__main__":
    main()
