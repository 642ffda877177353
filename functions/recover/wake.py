"""Wake the cases that are due: send the last event of each again, unchanged."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum, auto

import structlog

from functions.recover.ports import Transactions
from shared.domain.errors import NotPublished, Unavailable
from shared.domain.events import Event
from shared.domain.waking import CASE_STALLED, Wake

Send = Callable[[Event], None]
"""Raises NotPublished if nobody got the event, Unavailable if that is not known."""

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waking:
    """`attempts` per case before a person is told, cases `per_run`, events `at_once`."""

    attempts: int
    per_run: int
    at_once: int


@dataclass(slots=True)
class Woken:
    claimed: int = 0
    sent: int = 0
    given_back: int = 0
    unsure: int = 0
    unreadable: int = 0
    stalled: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)


class _Outcome(Enum):
    SENT = auto()
    UNSURE = auto()
    NOT_PUBLISHED = auto()


def wake(transactions: Transactions, send: Send, waking: Waking, deadline: float) -> Woken:
    """Until nothing is due, the run's share or time is used up, or the broker is away."""
    woken = Woken()
    with transactions() as stores:
        # Only what was due when the run began: what is given back waits for the next one.
        due_before = stores.wakes.clock()
    woken.stalled = _tell_of_stalled(transactions, waking)
    with ThreadPoolExecutor(waking.at_once, thread_name_prefix="wake") as threads:
        while woken.claimed < waking.per_run and time.monotonic() < deadline:
            before = woken.sent
            if not _wake_some(transactions, send, waking, due_before, threads, woken):
                break
            if woken.given_back and woken.sent == before:
                break
    return woken


def _tell_of_stalled(transactions: Transactions, waking: Waking) -> int:
    with transactions() as stores:
        for case_id in stores.wakes.moved_on():
            stores.tasks.close(CASE_STALLED, case_id)
        stalled = stores.wakes.stall(waking.attempts, waking.per_run)
        for case in stalled:
            stores.tasks.open(
                CASE_STALLED,
                case.case_id,
                f"still {case.stage} after it was woken {case.attempts} times",
            )
    for case in stalled:
        _logger.error("case_stalled", case_id=str(case.case_id), stage=str(case.stage))
    return len(stalled)


def _wake_some(
    transactions: Transactions,
    send: Send,
    waking: Waking,
    due_before: datetime,
    threads: Executor,
    woken: Woken,
) -> bool:
    """False if nothing was due. The committed claim is the lease; sending holds no transaction."""
    limit = min(2 * waking.at_once, waking.per_run - woken.claimed)
    with transactions() as stores:
        wakes = stores.wakes.claim(due_before, waking.attempts, limit)
        events = stores.events.last_of(wake.case_id for wake in wakes)
    woken.claimed += len(wakes)
    for wake in wakes:
        if wake.case_id not in events:
            woken.unreadable += 1
            _logger.error("last_event_unreadable", case_id=str(wake.case_id))
    readable = [wake for wake in wakes if wake.case_id in events]
    outcomes = threads.map(lambda wake: _send(send, events[wake.case_id]), readable)
    given_back: list[Wake] = []
    for wake, outcome in zip(readable, outcomes, strict=True):
        woken.sent += outcome is _Outcome.SENT
        woken.unsure += outcome is _Outcome.UNSURE
        if outcome is _Outcome.NOT_PUBLISHED:
            given_back.append(wake)
    if given_back:
        with transactions() as stores:
            stores.wakes.give_back(given_back)
        woken.given_back += len(given_back)
    return bool(wakes)


def _send(send: Send, event: Event) -> _Outcome:
    log = _logger.bind(event_id=str(event.id), event_type=event.type, case_id=str(event.case_id))
    try:
        send(event)
    except NotPublished as exc:
        log.warning("event_not_published", reason=str(exc))
        return _Outcome.NOT_PUBLISHED
    except Unavailable as exc:
        # Perhaps delivered, perhaps it is this event that cannot be: its lease stands.
        log.warning("event_perhaps_published", reason=str(exc))
        return _Outcome.UNSURE
    except Exception as exc:  # noqa: BLE001 - one poisonous case must not hold up the others
        log.error("event_not_sendable", error=type(exc).__name__)
        return _Outcome.UNSURE
    log.info("event_sent_again")
    return _Outcome.SENT
