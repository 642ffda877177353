"""Gültigkeit: from the first to the last day, as it is in Germany."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from infra.directory.xzufi.elements import Element, Parts, Reading, Skipped, first_text, parts

_BERLIN = ZoneInfo("Europe/Berlin")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_MIDNIGHT = re.compile(r"T24:00:00(\.0+)?", re.ASCII)


class Validity(NamedTuple):
    begin: date | None = None
    end: date | None = None


def validity(children: Parts, reading: Reading, named: str) -> Validity:
    """Of several intervals with a gap it is the last part: over the gap nothing is valid."""
    intervals = [_interval(each) for each in children.get("gueltigkeit", ())]
    found = _joined([each for each in intervals if not _is_never(each)] or intervals[:1])
    if len(found) > 1:
        reading.skip("a gap in its validity, of which only the last part is taken", named)
    return found[-1] if found else Validity()


def _joined(intervals: list[Validity]) -> list[Validity]:
    """Those that overlap or follow each other are one."""
    found: list[Validity] = []
    for each in sorted(intervals, key=lambda interval: interval.begin or date.min):
        last = found[-1] if found else None
        if last is None or _is_gap(last.end, each.begin):
            found.append(each)
        else:
            end = max(last.end, each.end) if last.end and each.end else None
            found[-1] = Validity(last.begin, end)
    return found


def _is_gap(end: date | None, begin: date | None) -> bool:
    return end is not None and begin is not None and (begin - end).days > 1


def _is_never(interval: Validity) -> bool:
    begin, end = interval
    return begin is not None and end is not None and end < begin


def _interval(element: Element) -> Validity:
    found = parts(element)
    begin, end = first_text(found.get("beginn", ())), first_text(found.get("ende", ()))
    return Validity(
        _day(begin, midnight=timedelta(seconds=1)) if begin else None, _day(end) if end else None
    )


def _day(text: str, *, midnight: timedelta = timedelta()) -> date:
    """A moment is a day in Germany, whatever zone it is stated in.

    24:00:00 ends a day; `midnight` is what leads from its last second to what is meant.
    """
    text, at_midnight = _MIDNIGHT.subn("T23:59:59", text)
    match = _DATE.fullmatch(text)
    if match is None:
        raise Skipped("a date of its validity cannot be read")
    day, time, zone = match.groups()
    try:
        if not time:
            return date.fromisoformat(day)
        moment = datetime.fromisoformat(f"{day}{time}{zone or ''}")
    except ValueError:
        raise Skipped("a date of its validity cannot be read") from None
    try:
        moment += midnight if at_midnight else timedelta()
        return moment.astimezone(_BERLIN).date() if zone else moment.date()
    except OverflowError:  # the end of the year 9999 stands for no end
        return moment.date()
