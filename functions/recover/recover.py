"""One run of recover: tell what is due, scan files, wake cases, sweep what nobody will use."""

import time
from dataclasses import dataclass

import structlog

from functions.recover.ports import Stores, Transactions
from functions.recover.scan import Scanner, Scanning, scan
from functions.recover.sweep import Sweeping, sweep
from functions.recover.wake import Send, Waking, wake
from shared.ports import ObjectStore

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How much one run may do. Its end is checked between steps, not within one.

    Scanning has half of `seconds` for itself, and waking begins when the last scan has ended.
    """

    scanning: Scanning
    waking: Waking
    sweeping: Sweeping
    seconds: float


def recover(
    transactions: Transactions,
    send: Send,
    objects: ObjectStore,
    scanner: Scanner | None,
    pace: Pace,
) -> None:
    """Safe to run several times at once. Raise Unavailable if Postgres is away."""
    with transactions() as stores:
        report(stores, scans=scanner is not None)
    if scanner is not None:
        scanned = scan(scanner, pace.scanning, time.monotonic() + pace.seconds / 2)
        if scanned:
            _logger.info("files_scanned", **scanned)
    deadline = time.monotonic() + pace.seconds
    woken = wake(transactions, send, pace.waking, deadline)
    if woken.claimed or woken.stalled:
        _logger.info("cases_woken", **woken.counts())
    swept = sweep(transactions, objects, pace.sweeping, deadline)
    if swept:
        _logger.info("uploads_swept", attempts=swept)


def report(stores: Stores, *, scans: bool) -> None:
    """What was found, as one line: what an operator's dashboard and alerts are made of."""
    pending = stores.scans.pending()
    _logger.info(
        "recovery_started",
        due=[due.model_dump(mode="json") for due in stores.wakes.due_per_stage()],
        tasks=stores.tasks.count_open(),
        dead_letters=stores.dead_letters.count_open(),
        files_pending=pending.count,
        files_pending_since=pending.since and pending.since.isoformat(),
    )
    if pending.count and not scans:
        _logger.error("scanner_missing", files=pending.count)
