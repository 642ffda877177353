"""What the entries of a directory are, by its mapping: groups, units, and people's accounts."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from functions.assign.directory.names import comparable, is_within
from functions.assign.directory.values import (
    Attributes,
    id_in,
    is_met,
    moment_in,
    percent_in,
    text,
)
from shared.domain.caseworkers import Absence, Account
from shared.domain.configuration.directory_mapping import Condition, Mapping, Moment, MomentFormat
from shared.domain.identifiers import AccountId

PRIMARY_GROUP, SECURITY_ID = "primaryGroupID", "objectSid"
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class Entries:
    """Of one mapping. `attributes` is what has to be asked for."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._people = _lower(mapping.people)
        self._no_people = _lower(mapping.no_people)
        self._groups = _lower(mapping.groups)
        self._service_units = [comparable(dn) or () for dn in mapping.service_units]
        members = () if mapping.in_chain else mapping.members
        self.attributes = sorted({"objectClass", *_attributes(mapping), *members})

    def id_of(self, entry: Attributes) -> str | None:
        return id_in(entry, self._mapping.id, self._mapping.id_format)

    def is_group(self, entry: Attributes) -> bool:
        return not self._groups.isdisjoint(_classes(entry))

    def is_person(self, entry: Attributes) -> bool:
        classes = _classes(entry)
        return not self._people.isdisjoint(classes) and self._no_people.isdisjoint(classes)

    def members(self, group: Attributes) -> list[str]:
        """Distinguished names."""
        values = (value for name in self._mapping.members for value in group.get(name, ()))
        return [value.decode("utf-8", "surrogateescape") for value in values]

    def account(self, dn: str, entry: Attributes) -> Account | None:
        """None for what is no person, or hides from us what we have to know of one."""
        mapping, id_ = self._mapping, self.id_of(entry)
        hides = any(not entry.get(name) for name in mapping.required)
        if not self.is_person(entry) or id_ is None or hides:
            return None
        capacity = percent_in(entry, mapping.capacity)
        return Account(
            id=AccountId(id_),
            enabled=not _any_met(mapping.disabled, entry),
            expires_at=moment_in(entry, mapping.expires),
            locked=self._is_locked(entry),
            is_service=self._is_service(dn, entry),
            capacity=100 if capacity is None else capacity,
            absences=tuple(self._absences(entry)),
            deputy=text(entry, mapping.deputy),
            manager=text(entry, mapping.manager),
        )

    def _is_locked(self, entry: Attributes) -> bool:
        mapping = self._mapping
        if _any_met(mapping.locked, entry):
            return True
        since = moment_in(entry, mapping.locked_since)
        if since is None or mapping.locked_minutes is None:
            return since is not None
        return datetime.now(UTC) < since + timedelta(minutes=mapping.locked_minutes)

    def _is_service(self, dn: str, entry: Attributes) -> bool:
        name = comparable(dn)
        lies_there = name is not None and any(is_within(name, u) for u in self._service_units)
        return lies_there or _any_met(self._mapping.service, entry)

    def _absences(self, entry: Attributes) -> Iterator[Absence]:
        """One that begins by a flag ends by its date, if there is one."""
        mapping = self._mapping
        starts = moment_in(entry, mapping.absent_from)
        ends = moment_in(entry, mapping.absent_until)
        if ends is not None and _is_day(mapping.absent_until):
            ends += timedelta(days=1)  # it is the last day, and counts
        if _any_met(mapping.absent, entry) or (not mapping.absent and (starts or ends)):
            yield Absence(starts_at=starts or _ALWAYS, ends_at=ends)


def _is_day(moment: Moment | None) -> bool:
    return moment is not None and moment.format is MomentFormat.DATE


def _attributes(mapping: Mapping) -> Iterator[str]:
    plain = (mapping.id, mapping.unit_reference, mapping.deputy, mapping.manager, mapping.capacity)
    yield from (name for name in plain if name is not None)
    yield from mapping.required
    moments = (mapping.expires, mapping.locked_since, mapping.absent_from, mapping.absent_until)
    yield from (each.attribute for each in moments if isinstance(each, Moment))
    for conditions in (mapping.disabled, mapping.locked, mapping.service, mapping.absent):
        yield from (condition.attribute for condition in conditions)
    if mapping.primary_group:
        yield from (PRIMARY_GROUP, SECURITY_ID)


def _any_met(conditions: Iterable[Condition], entry: Attributes) -> bool:
    return any(is_met(condition, entry) for condition in conditions)


def _classes(entry: Attributes) -> set[str]:
    return {name.decode("ascii", "replace").lower() for name in entry.get("objectClass", ())}


def _lower(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
