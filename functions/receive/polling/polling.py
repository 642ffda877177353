"""A run over the senders that are due: each leased, polled, and given back with what came of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import structlog

from functions.receive.delivery import Limits
from functions.receive.intake import Intake
from functions.receive.polling.poll import LeaseLost, Poll, Transactions
from functions.receive.polling.source import PollFailed, Source
from functions.receive.senders import Senders
from shared.domain.configuration.form_solutions import Pull
from shared.domain.configuration.senders import Sender
from shared.domain.errors import LotseError
from shared.domain.polling import Lease
from shared.runtime.logging import describe

LONGEST_PAUSE = timedelta(hours=1)
# Wrong credentials mend themselves never, and some servers lock whoever tries too often.
_AFTER_UNAUTHORIZED = timedelta(minutes=10)
_MARGIN_SECONDS = 30.0

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polling:
    """`seconds` is how long a run begins further senders and submissions."""

    senders: Senders
    open_source: Callable[[Sender, Pull], Source]
    intake: Intake
    transactions: Transactions
    limits: Limits
    seconds: float
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """One at a time in this process. Raise Unavailable if Postgres is away."""
        if not self._busy.acquire(blocking=False):
            return
        try:
            self._run(time.monotonic() + self.seconds)
        finally:
            self._busy.release()

    def _run(self, ends: float) -> None:
        polled = {sender.id: sender for sender in self.senders.current() if _pull(sender)}
        if not polled:
            return
        with self.transactions() as stores:
            due = stores.polls.due(polled)
        for id_ in due:
            self._poll(polled[id_], ends)
            if time.monotonic() >= ends:
                return

    def _poll(self, sender: Sender, ends: float) -> None:
        pull = _pull(sender)
        assert pull is not None  # noqa: S101 - only those were asked for
        # Longer than what lies between two renewals: a listing, or a submission and its status.
        lease_time = timedelta(seconds=2 * pull.call_seconds + _MARGIN_SECONDS)
        with self.transactions() as stores:
            lease = stores.polls.claim(sender.id, uuid4(), lease_time)
        if lease is None:
            return
        try:
            self._polled(sender, pull, lease, lease_time, ends)
        except LeaseLost:
            _logger.warning("poll_lease_lost", sender=sender.id)
        except PollFailed as exc:
            self._failed(lease, exc.code, _pause(pull, lease.failures, exc))
        except LotseError as exc:
            _logger.warning("poll_deferred", sender=sender.id, detail=str(exc))
            self._failed(lease, "unavailable", timedelta(seconds=pull.every_seconds))
        except Exception as exc:  # noqa: BLE001 - one sender must not hold up the others
            _logger.error("poll_broke", sender=sender.id, **describe(exc))
            self._failed(lease, "internal-error", _pause(pull, lease.failures, None))

    def _polled(
        self, sender: Sender, pull: Pull, lease: Lease, lease_time: timedelta, ends: float
    ) -> None:
        source = self.open_source(sender, pull)
        cursors = dict(lease.cursors)
        poll = Poll(
            sender, source, lease, lease_time, self.intake, self.transactions, self.limits, ends
        )
        complete = poll.run(cursors)
        due_in = timedelta(seconds=pull.every_seconds if complete else 0)
        with self.transactions() as stores:
            stores.polls.succeed(lease, due_in, cursors, poll.error)
        _logger.info(
            "sender_polled",
            sender=sender.id,
            stored=poll.stored,
            complete=complete,
            error=poll.error,
        )

    def _failed(self, lease: Lease, code: str, pause: timedelta) -> None:
        _logger.error("poll_failed", sender=lease.sender, code=code, failures=lease.failures + 1)
        with self.transactions() as stores:
            stores.polls.fail(lease, pause, code)


def _pull(sender: Sender) -> Pull | None:
    return sender.form_solutions.pull if sender.form_solutions else None


def _pause(pull: Pull, failures: int, exc: PollFailed | None) -> timedelta:
    if exc is not None and exc.retry_after is not None:
        return min(LONGEST_PAUSE, timedelta(seconds=max(exc.retry_after, pull.every_seconds)))
    first = timedelta(seconds=pull.every_seconds)
    if exc is not None and exc.code == "unauthorized":
        first = max(first, _AFTER_UNAUTHORIZED)
    return min(LONGEST_PAUSE, first * (1 << min(failures, 12)))
