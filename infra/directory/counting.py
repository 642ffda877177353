"""Count in the report what is read."""

from collections.abc import Iterable, Iterator

from infra.directory.entries import (
    Deleted,
    Entry,
    EntryKind,
    OnlineService,
    Report,
    Responsibility,
    Service,
    Unit,
)

_KINDS: dict[type[Entry], str] = {
    Service: EntryKind.SERVICE,
    Unit: EntryKind.UNIT,
    Responsibility: EntryKind.RESPONSIBILITY,
    OnlineService: EntryKind.ONLINE_SERVICE,
    Deleted: "deletions",
}


def counted(entries: Iterable[Entry], report: Report) -> Iterator[Entry]:
    for entry in entries:
        report.read[_KINDS[type(entry)]] += 1
        yield entry
