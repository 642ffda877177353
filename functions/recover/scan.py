"""Scan the files that wait for it; whoever waited for the last verdict is woken."""

import time
from collections import Counter
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from functions.recover.ports import MalwareScanner, Stores, Transactions
from shared.domain.actor import Actor
from shared.domain.case import LogEntry
from shared.domain.errors import DamagedFile, ScanBroken, Unavailable
from shared.domain.forwarding import FILE_DAMAGED
from shared.domain.malware import TASK_OF, MalwareVerdict, ScanClaim, ScanResult
from shared.files import verified
from shared.ports import ObjectStore
from shared.runtime.logging import describe

RECOVER = Actor.system("recover")

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scanning:
    """Files `at_once`; `lease_seconds` is longer than any scan and what is recorded of it."""

    at_once: int
    lease_seconds: float


class _Ended(StrEnum):
    DECIDED = "decided"
    HELD = "held"
    OVERTAKEN = "overtaken"
    DAMAGED = "damaged"
    BROKEN = "broken"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Scanner:
    """What it takes to scan a file: `attempts` may break off before a person is told."""

    transactions: Transactions
    malware: MalwareScanner
    objects: ObjectStore
    attempts: int


def scan(scanner: Scanner, scanning: Scanning, deadline: float) -> Counter[str]:
    """How many files ended how. None is begun after the deadline, or once something is away."""
    ended: Counter[str] = Counter()
    due_before = _ask(scanner)
    if due_before is None:
        return ended
    with ThreadPoolExecutor(scanning.at_once, thread_name_prefix="scan") as threads:
        while time.monotonic() < deadline:
            with scanner.transactions() as stores:
                claims = stores.scans.claim(due_before, scanning.at_once, scanning.lease_seconds)
            ended.update(_scan_all(scanner, claims, threads))
            if not claims or ended[_Ended.AWAY]:
                break
    return ended


def _ask(scanner: Scanner) -> datetime | None:
    """None if the malware scanner does not answer. What is given back waits for the next run."""
    answered = True
    try:
        scanner.malware.ping()
    except Unavailable as exc:
        answered = False
        _logger.warning("scanner_away", reason=str(exc))
    with scanner.transactions() as stores:
        stores.scans.scanner_asked(answered=answered)
        return stores.wakes.clock() if answered else None


def _scan_all(scanner: Scanner, claims: list[ScanClaim], threads: Executor) -> list[_Ended]:
    ended = list(threads.map(lambda claim: _scan_one(scanner, claim), claims))
    back = [claim for claim, end in zip(claims, ended, strict=True) if end is _Ended.AWAY]
    if back:
        with scanner.transactions() as stores:
            stores.scans.give_back(back)
    return ended


def _scan_one(scanner: Scanner, claim: ScanClaim) -> _Ended:
    """No transaction is open while the file is read and scanned."""
    log = _logger.bind(**claim.place.model_dump(mode="json"))
    try:
        result = _result(scanner, claim)
        with scanner.transactions() as stores:
            ended = record(stores, claim, result)
    except DamagedFile as exc:
        log.error("file_damaged", code=str(exc))
        with scanner.transactions() as stores:
            stores.tasks.open(FILE_DAMAGED, claim.place.case_id, str(exc), claim.place.subject)
        return _Ended.DAMAGED
    except ScanBroken as exc:
        log.warning("scan_broken", reason=str(exc), attempts=claim.attempts)
        return _Ended.BROKEN
    except Unavailable as exc:
        log.warning("scan_deferred", reason=str(exc))
        return _Ended.AWAY
    except Exception as exc:  # noqa: BLE001 - one poisonous file must not hold up the others
        log.error("scan_failed", **describe(exc))
        return _Ended.BROKEN
    if ended is _Ended.HELD:
        log.warning("file_held", verdict=result.verdict, code=result.code)
    return ended


def _result(scanner: Scanner, claim: ScanClaim) -> ScanResult:
    pieces = verified(scanner.objects, claim.object_key, claim.size, claim.sha256)
    try:
        return scanner.malware.scan(pieces)
    except Exception as exc:
        passes = isinstance(exc, DamagedFile | Unavailable) and not isinstance(exc, ScanBroken)
        # It has answered when each of these runs began, so it is the file.
        if passes or claim.attempts < scanner.attempts:
            raise
        code = "scan_broken" if isinstance(exc, ScanBroken) else "scan_failed"
        return ScanResult(verdict=MalwareVerdict.NOT_SCANNABLE, code=code)


def record(stores: Stores, claim: ScanClaim, result: ScanResult) -> _Ended:
    """Under the lock on the case: forward, which looks under it too, sees all of it or nothing."""
    case_id, subject = claim.place.case_id, claim.place.subject
    stores.cases.lock(case_id)
    if not stores.scans.settle(claim, result):
        return _Ended.OVERTAKEN
    stores.tasks.close(FILE_DAMAGED, case_id, subject)
    if result.verdict.holds:
        stores.tasks.open(TASK_OF[result.verdict], case_id, result.code or "", subject)
        details = {
            "version": claim.place.version,
            "position": claim.place.position,
            **result.model_dump(mode="json"),
        }
        entry = LogEntry(actor=RECOVER, action="file.scanned", details=details)
        stores.log.append(case_id, entry)
        return _Ended.HELD
    if not stores.scans.holding(case_id):
        stores.cases.wake_held(case_id)
    return _Ended.DECIDED
