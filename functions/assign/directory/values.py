"""What the values of a directory's attributes mean, by the formats that a mapping names."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from uuid import UUID

from shared.domain.configuration.directory_mapping import (
    Bits,
    Condition,
    IdFormat,
    Moment,
    MomentFormat,
)

Attributes = Mapping[str, Sequence[bytes]]
"""By name, in whatever case the server writes it: LDAP does not mind."""

_NEVER = (0, 2**63 - 1)
_FIRST_DAY_OF_WINDOWS = datetime(1601, 1, 1, tzinfo=UTC)
_FIRST_DAY_OF_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
# Minutes and seconds may be missing, and the zone may be an offset.
_TIME = re.compile(
    r"(?P<day>\d{8})(?P<hour>\d{2})(?P<minute>\d{2})?(?P<second>\d{2})?(?:[.,]\d+)?"
    r"(?P<zone>Z|[+-]\d{2}(?:\d{2})?)"
)
_PERCENT = re.compile(r"(\d{1,6})(?:[.,]\d+)?\s*%?")


def first(entry: Attributes, name: str | None) -> bytes | None:
    values = entry.get(name) if name is not None else None
    return values[0] if values else None


def text(entry: Attributes, name: str | None) -> str | None:
    """None also for what is no text."""
    value = first(entry, name)
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return None


def id_in(entry: Attributes, name: str, format_: IdFormat) -> str | None:
    """As administrators see it; None if there is none, or none of this format."""
    value = first(entry, name)
    if not value:
        return None
    if format_ is IdFormat.GUID:
        return str(UUID(bytes_le=value)) if len(value) == 16 else None
    said = value.decode("utf-8", "replace").strip()
    if format_ is IdFormat.TEXT:
        return said or None
    try:
        return str(UUID(said))
    except ValueError:
        return None


def is_met(condition: Condition, entry: Attributes) -> bool:
    values = [value.decode("utf-8", "replace") for value in entry.get(condition.attribute, ())]
    if isinstance(condition, Bits):
        return any(_number(value) & condition.bits for value in values)
    patterns = [_pattern(each) for each in condition.values]
    return any(fnmatchcase(value.casefold(), each) for value in values for each in patterns)


def _pattern(said: str) -> str:
    """Of the shell's patterns only the asterisk."""
    return re.sub(r"([?\[])", r"[\1]", said.casefold())


def moment_in(entry: Attributes, moment: Moment | None) -> datetime | None:
    """None if there is none, if it is never, or if it cannot be read."""
    said = text(entry, moment.attribute) if moment is not None else None
    if moment is None or said is None:
        return None
    try:
        return _MOMENTS[moment.format](said.strip())
    except (ValueError, OverflowError):
        return None


def _of_filetime(said: str) -> datetime | None:
    ticks = int(said)
    if ticks in _NEVER:
        return None
    return _FIRST_DAY_OF_WINDOWS + timedelta(microseconds=ticks // 10)


def _of_days(said: str) -> datetime | None:
    days = int(said)
    return None if days < 0 else _FIRST_DAY_OF_UNIX + timedelta(days=days)


def _of_time(said: str) -> datetime | None:
    found = _TIME.fullmatch(said)
    if found is None:
        return None
    zone = "+0000" if found["zone"] == "Z" else f"{found['zone']}00"[:5]
    digits = f"{found['day']}{found['hour']}{found['minute'] or '00'}{found['second'] or '00'}"
    return datetime.strptime(f"{digits}{zone}", "%Y%m%d%H%M%S%z").astimezone(UTC)


def _of_date(said: str) -> datetime | None:
    return datetime.fromisoformat(said[:10]).replace(tzinfo=UTC)


_MOMENTS = {
    MomentFormat.FILETIME: _of_filetime,
    MomentFormat.DAYS: _of_days,
    MomentFormat.TIME: _of_time,
    MomentFormat.DATE: _of_date,
}


def percent_in(entry: Attributes, name: str | None) -> int | None:
    """`50`, `50 %` or `50,5`; None if there is none, or it is no such number."""
    said = text(entry, name)
    found = _PERCENT.fullmatch(said.strip()) if said is not None else None
    return int(found[1]) if found is not None else None


def _number(said: str) -> int:
    try:
        return int(said)
    except ValueError:
        return 0
