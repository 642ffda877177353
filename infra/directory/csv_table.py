"""Read a plain CSV: who is responsible for what and where, or a catalogue of services."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import IO

from infra.directory.counting import counted
from infra.directory.csv_cells import Unusable, Values, day, regions, role, service_keys
from infra.directory.csv_rows import Header, Row, at, decoded, header, rows
from infra.directory.entries import Entry, Report, Responsibility, Service, Unit
from infra.directory.errors import DirectoryFileError

_RESPONSIBILITIES = {"service", "region", "authority"}
_MORE = {"service_name", "authority_name", "role", "valid_from", "valid_to"}
_CATALOGUE = {"service", "name"}
_EXPECTED = (
    "Its first line must name the columns: service (or leika_key), region and authority, and if "
    "wanted service_name, authority_name, role, valid_from and valid_to; for a catalogue of "
    "services: service (or leika_key) and name, without region and authority."
)


def read_csv(stream: IO[bytes], report: Report) -> Iterator[Entry]:
    """The header says which of the two it is. Raise DirectoryFileError.

    The error may come after entries: whoever stores them must be able to take them all back.
    """
    lines = decoded(stream)
    columns = header(next(lines, "")) or Header([], ",")
    names = set(columns.names)
    if names >= _RESPONSIBILITIES:
        _report_unread(columns, report)
        read = _responsibilities
    elif names >= _CATALOGUE and not _RESPONSIBILITIES & names - _CATALOGUE:
        read = _services
    else:
        raise DirectoryFileError(_EXPECTED)
    _refuse_twice(columns)
    yield from counted(_named_once(read(rows(lines, columns, report), report)), report)


def _refuse_twice(columns: Header) -> None:
    for name in columns.names:
        if name and columns.names.count(name) > 1:
            raise DirectoryFileError(
                f"The column {name} comes twice, and only one of them can be meant. Rename or "
                "remove the other, then import it."
            )


def _report_unread(columns: Header, report: Report) -> None:
    """It may be a misspelled valid_to, without which a row counts for ever."""
    for name in columns.names:
        if name and name not in _RESPONSIBILITIES | _MORE:
            report.skip("a column that is not read", name)


def _responsibilities(given: Iterable[Row], report: Report) -> Iterator[Entry]:
    for row in given:
        try:
            yield from _of_row(row, report)
        except Unusable as exc:
            report.skip(str(exc), at(row.line))


def _of_row(row: Row, report: Report) -> Iterator[Entry]:
    cells = row.cells
    authority = cells.get("authority")
    if not authority:
        raise Unusable("it names no authority")
    period = day(cells.get("valid_from")), day(cells.get("valid_to"))
    held_as = role(cells.get("role", ""))
    services = _usable(service_keys(cells.get("service", "")), row, report)
    areas = _usable(regions(cells.get("region", "")), row, report)
    if not services or not areas:
        return
    yield Unit(authority, authority, cells.get("authority_name", ""))
    for service in services:
        yield Service(service, cells.get("service_name", ""), (service,))
        for area in areas:
            stable = _id(service, area, authority, held_as, period)
            yield Responsibility(stable, service, (area,), authority, held_as, *period)


def _id(
    service: str, area: str, authority: str, held_as: str, period: tuple[date | None, date | None]
) -> str:
    """Of all that the row says. Migration 0010 writes the same."""
    stated = [str(limit or "") for limit in period]
    when = ["..".join(stated)] if any(stated) else []
    return "|".join([service, area, authority, held_as, *when])


def _usable(values: Values, row: Row, report: Report) -> list[str]:
    for reason in values.reasons:
        report.skip(reason, at(row.line))
    return values.usable


def _services(given: Iterable[Row], report: Report) -> Iterator[Entry]:
    """One without a usable key stays in the catalogue: under what it states, or its name."""
    for row in given:
        stated, name = row.cells.get("service", ""), row.cells.get("name", "")
        keys = service_keys(stated)
        if keys.usable:
            yield from (Service(key, name, (key,)) for key in _usable(keys, row, report))
        elif stated.isdecimal():
            report.skip("malformed service key, kept as stated", at(row.line))
            yield Service(stated, name, (stated,))
        elif name:
            report.skip("it has no service key, and is kept without", at(row.line))
            yield Service(f"{stated}: {name}".removeprefix(": "), name)
        else:
            report.skip("it has neither a service key nor a name", at(row.line))


def _named_once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each as often as it says something new: a name, say, that no earlier row had."""
    names: dict[tuple[type[Entry], str], str] = {}
    for entry in entries:
        known = names.get((type(entry), entry.id))
        name = entry.name if isinstance(entry, Unit | Service) else ""
        if known is None or (name and name != known):
            names[type(entry), entry.id] = name
            yield (
                entry._replace(name=name or entry.id)
                if isinstance(entry, Unit | Service)
                else entry
            )
