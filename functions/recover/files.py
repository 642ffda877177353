"""What a person decides on a file: let it go, keep it back, have it scanned again."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from functions.recover.ports import CaseLog, HeldCases
from shared.domain.actor import Actor
from shared.domain.case import LogEntry
from shared.domain.forwarding import FILE_DAMAGED
from shared.domain.identifiers import CaseId
from shared.domain.malware import TASK_OF, FilePlace, MalwareVerdict, ScannedFile
from shared.ports import Tasks

SCANNED_AGAIN = frozenset(MalwareVerdict) - {
    MalwareVerdict.PENDING,
    MalwareVerdict.RELEASED,
    MalwareVerdict.WITHHELD,
}
"""Without what waits for it anyway, and what a person has decided."""


class HeldFiles(Protocol):
    def of_case(self, case_id: CaseId) -> list[ScannedFile]:
        """Every version, in the order of delivery."""
        ...

    def decide(self, place: FilePlace, verdict: MalwareVerdict) -> None: ...

    def scan_again(self, place: FilePlace) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: HeldCases
    files: HeldFiles
    tasks: Tasks
    log: CaseLog


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict` is one of the two that are a person's; `reason` is for the record."""

    verdict: MalwareVerdict
    reason: str
    actor: Actor


def decide(place: FilePlace, decision: Decision, stores: Stores) -> bool:
    """False, and nothing is changed, if there is nothing to decide: nobody holds it back, or this
    has been decided already."""
    stores.cases.lock(place.case_id)
    file = _find(place, stores)
    if file is None or not _may(file.verdict, decision.verdict):
        return False
    stores.files.decide(place, decision.verdict)
    _close_tasks(place, stores)
    details = {
        "version": place.version,
        "position": place.position,
        "was": str(file.verdict),
        "reason": decision.reason,
    }
    entry = LogEntry(actor=decision.actor, action=f"file.{decision.verdict}", details=details)
    stores.log.append(place.case_id, entry)
    if file.verdict.holds and not _held(place.case_id, stores):
        stores.cases.wake_held(place.case_id)
    return True


def scan_again(
    case_id: CaseId, verdicts: Collection[MalwareVerdict], actor: Actor, stores: Stores
) -> int:
    """How many of the case's files wait for a scan now; until then the case does, too."""
    stores.cases.lock(case_id)
    places = [file.place for file in stores.files.of_case(case_id) if file.verdict in verdicts]
    for place in places:
        stores.files.scan_again(place)
        _close_tasks(place, stores)
    if places:
        entry = LogEntry(
            actor=actor, action="file.rescan-requested", details={"files": len(places)}
        )
        stores.log.append(case_id, entry)
    return len(places)


def _find(place: FilePlace, stores: Stores) -> ScannedFile | None:
    return next((f for f in stores.files.of_case(place.case_id) if f.place == place), None)


def _may(now: MalwareVerdict, then: MalwareVerdict) -> bool:
    """To release is to decide on what is held back; to withhold, on anything else."""
    if then is MalwareVerdict.WITHHELD:
        return now is not then
    return now.holds or now is MalwareVerdict.WITHHELD


def _held(case_id: CaseId, stores: Stores) -> bool:
    return any(file.verdict.holds for file in stores.files.of_case(case_id))


def _close_tasks(place: FilePlace, stores: Stores) -> None:
    for kind in (*TASK_OF.values(), FILE_DAMAGED):
        stores.tasks.close(kind, place.case_id, place.subject)
