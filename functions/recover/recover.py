"""One run of recover: tell what is due, wake it, and sweep what nobody will use any more."""

import time
from dataclasses import dataclass

import structlog

from functions.recover.ports import Stores, Transactions
from functions.recover.sweep import Sweeping, sweep
from functions.recover.wake import Send, Waking, wake
from shared.ports import ObjectStore

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How much one run may do. Its end is checked between steps, not within one."""

    waking: Waking
    sweeping: Sweeping
    seconds: float


def recover(transactions: Transactions, send: Send, objects: ObjectStore, pace: Pace) -> None:
    """Safe to run several times at once. Raise Unavailable if Postgres is away."""
    deadline = time.monotonic() + pace.seconds
    with transactions() as stores:
        report(stores)
    woken = wake(transactions, send, pace.waking, deadline)
    if woken.claimed or woken.stalled:
        _logger.info("cases_woken", **woken.counts())
    swept = sweep(transactions, objects, pace.sweeping, deadline)
    if swept:
        _logger.info("uploads_swept", attempts=swept)


def report(stores: Stores) -> None:
    """What was found, as one line: what an operator's dashboard and alerts are made of."""
    _logger.info(
        "recovery_started",
        due=[due.model_dump(mode="json") for due in stores.wakes.due_per_stage()],
        tasks=stores.tasks.count_open(),
        dead_letters=stores.dead_letters.count_open(),
    )
