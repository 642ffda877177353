"""One poll of one sender: fetch what is listed, store it, and only then tell the platform."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from functions.receive.delivery import Limits
from functions.receive.intake import Intake
from functions.receive.polling.ports import PollStores
from functions.receive.polling.source import Entry, PollFailed, Source
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender
from shared.domain.errors import LotseError
from shared.domain.identifiers import SenderId
from shared.domain.polling import SUBMISSION_NOT_FETCHED, Lease, Polled, PolledState
from shared.domain.refusal import Refusal
from shared.runtime.logging import describe

# Of failures that may pass: so many in a row, and the platform is left alone for now.
MOST_IN_A_ROW = 3
# After so many attempts a person is told, also of what may pass.
ATTEMPTS_UNTIL_A_TASK = 5
FORGOTTEN_AFTER = timedelta(days=30)
_FIRST, _LONGEST = timedelta(minutes=2), timedelta(hours=6)

_logger = structlog.get_logger()

Transactions = Callable[[], AbstractContextManager[PollStores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""


class LeaseLost(Exception):
    """Somebody else polls this sender now."""


def distance(attempts: int) -> timedelta:
    """To the next attempt: doubling."""
    return min(_LONGEST, _FIRST * (1 << min(attempts, 12)))


@dataclass(slots=True)
class Poll:
    """`ends` is when no further submission is begun, by the monotonic clock; one always is."""

    sender: Sender
    source: Source
    lease: Lease
    lease_time: timedelta
    intake: Intake
    transactions: Transactions
    limits: Limits
    ends: float
    stored: int = 0
    error: str | None = None
    _begun: bool = False
    _in_a_row: int = 0

    def run(self, cursors: dict[str, datetime]) -> bool:
        """Whether nothing was left for want of time; moves the cursors of what is complete.

        Raise PollFailed, LeaseLost, Unavailable.
        """
        for form in self.source.forms:
            self._keep_the_lease()
            listing = self.source.listed(form, cursors.get(form))
            if listing.unreadable:
                self.error = "entry-unreadable"
            known = self._known(listing.entries)
            done = not listing.unreadable
            for entry in dict.fromkeys(listing.entries):
                if self._begun and time.monotonic() >= self.ends:
                    return False
                done = self._take(entry, known.get(entry.transaction_id)) and done
            # Whatever is not done has to be listed again.
            if done and listing.cursor is not None:
                cursors[form] = listing.cursor
        with self.transactions() as stores:
            stores.polls.forget(self.sender.id, FORGOTTEN_AFTER)
        return True

    def _known(self, entries: tuple[Entry, ...]) -> dict[str, Polled]:
        with self.transactions() as stores:
            return stores.polls.seen(self.sender.id, [each.transaction_id for each in entries])

    def _keep_the_lease(self) -> None:
        with self.transactions() as stores:
            if not stores.polls.renew(self.sender.id, self.lease.owner, self.lease_time):
                raise LeaseLost

    def _take(self, entry: Entry, known: Polled | None) -> bool:
        """Whether there is nothing left to do for it."""
        if known is not None and known.entry_sha256 != entry.digest:
            known = None
        is_stored = known is not None and known.state is PolledState.STORED
        if is_stored and not self.source.reports:
            return True
        if known is not None and not known.is_due:
            return False
        self._begun = True
        self._keep_the_lease()
        if not is_stored:
            if not self._fetch(entry, known.attempts if known else 0):
                return False
            known = None
        return self._report(entry, known.attempts if known else 0)

    def _fetch(self, entry: Entry, attempts: int) -> bool:
        try:
            self.intake.take(
                lambda files: self.source.fetch(entry, files, self.limits),
                lambda: self.sender,
                as_test=False,
            )
        except Refused as refused:
            self._refused(entry, refused)
            self._failed(entry, refused.code, attempts, is_final=True)
            return False
        except PollFailed as exc:
            self._failed(entry, exc.code, attempts)
            self._count(exc)
            return False
        except LotseError:
            raise
        except Exception as exc:  # noqa: BLE001 - one submission must not hold up the others
            _logger.error("submission_broke", sender=self.sender.id, **describe(exc))
            self._failed(entry, "internal-error", attempts, is_final=True)
            return False
        self._in_a_row = 0
        self.stored += 1
        code = "not-reported-yet" if self.source.reports else None
        self._note(entry, PolledState.STORED, 0, timedelta(), code)
        return True

    def _report(self, entry: Entry, attempts: int) -> bool:
        """If it is listed all the same, it is reported again, after a while."""
        if not self.source.reports:
            return True
        try:
            self.source.report(entry)
        except PollFailed as exc:
            self.error = "status-not-reported"
            _logger.warning("submission_not_reported", sender=self.sender.id, code=exc.code)
            due_in = distance(attempts) if attempts else timedelta()
            self._note(entry, PolledState.STORED, attempts + 1, due_in, exc.code)
            self._count(exc)
            return False
        self._in_a_row = 0
        self._note(entry, PolledState.STORED, attempts + 1, distance(attempts), None)
        return True

    def _count(self, exc: PollFailed) -> None:
        self._in_a_row += 1
        if exc.stops or self._in_a_row >= MOST_IN_A_ROW:
            raise PollFailed(exc.code, stops=True, retry_after=exc.retry_after)

    def _refused(self, entry: Entry, refused: Refused) -> None:
        self.intake.record(
            Refusal(
                sender=SenderId(self.sender.id),
                transaction_id=entry.transaction_id,
                status=refused.status,
                code=refused.code,
                size=None,
                sha256=None,
            )
        )

    def _failed(self, entry: Entry, code: str, attempts: int, *, is_final: bool = False) -> None:
        self.error = "submission-not-fetched"
        _logger.warning("submission_not_fetched", sender=self.sender.id, code=code)
        self._note(entry, PolledState.FAILED, attempts + 1, distance(attempts), code)
        if is_final or attempts + 1 >= ATTEMPTS_UNTIL_A_TASK:
            with self.transactions() as stores:
                subject = self._subject(entry)
                stores.tasks.open(SUBMISSION_NOT_FETCHED, None, code, subject)

    def _note(
        self, entry: Entry, state: PolledState, attempts: int, due_in: timedelta, code: str | None
    ) -> None:
        polled = Polled(
            transaction_id=entry.transaction_id,
            entry_sha256=entry.digest,
            state=state,
            attempts=attempts,
            is_due=True,
        )
        with self.transactions() as stores:
            stores.polls.note(self.sender.id, polled, due_in=due_in, code=code)
            if state is PolledState.STORED:
                stores.tasks.close(SUBMISSION_NOT_FETCHED, None, self._subject(entry))

    def _subject(self, entry: Entry) -> str:
        return f"{self.sender.id}/{entry.transaction_id}"
