"""Find entries of a directory by their names or ids, many in one search."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from functions.assign.directory.names import Name, comparable, is_within
from functions.assign.directory.searching import (
    Found,
    Searching,
    any_of,
    equals,
    equals_bytes,
    in_portions,
    is_named,
)
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.directory_mapping import IdFormat


@dataclass
class OwnNames:
    """Whether the server finds entries by `mapping.own_name`; None until that has shown."""

    are_found: bool | None = None


class LookUp:
    """Nothing outside of the directory's base is found."""

    def __init__(self, directory: Directory, search: Searching, own_names: OwnNames) -> None:
        self._mapping = directory.mapped
        self._base = directory.base
        self._base_name = comparable(directory.base) or ()
        self._search = search
        self._own_names = own_names

    def is_ours(self, dn: str) -> bool:
        name = comparable(dn)
        return name is not None and is_within(name, self._base_name)

    def by_names(self, dns: Iterable[str]) -> dict[Name | None, Found]:
        """Those that are there, by the comparable form of their names."""
        asked = [dn for dn in dns if self.is_ours(dn)]
        found = [] if self._own_names.are_found is False else list(self._by_own_names(asked))
        if found:
            self._own_names.are_found = True
        elif asked and not self._own_names.are_found:
            found = self._one_by_one(asked)
        return {comparable(each.dn): each for each in found}

    def by_ids(self, ids: Collection[str], attributes: Collection[str] = ()) -> Iterator[Found]:
        conditions = (self._has_id(id_) for id_ in sorted(ids))
        for portion in in_portions(each for each in conditions if each is not None):
            yield from self._search.below(self._base, any_of(portion), list(attributes)) or ()

    def referring(self, attribute: str, ids: Collection[str]) -> Iterator[Found]:
        """Whose attribute has one of these ids."""
        for portion in in_portions(sorted(ids)):
            condition = any_of(equals(attribute, id_) for id_ in portion)
            yield from self._search.below(self._base, condition) or ()

    def _by_own_names(self, dns: Iterable[str]) -> Iterator[Found]:
        for portion in in_portions(dns):
            condition = any_of(is_named(self._mapping.own_name, dn) for dn in portion)
            yield from self._search.below(self._base, condition) or ()

    def _one_by_one(self, dns: Iterable[str]) -> list[Found]:
        found = [each for dn in dns if (each := self._search.entry(dn)) is not None]
        if found:
            self._own_names.are_found = False
        return found

    def _has_id(self, id_: str) -> str | None:
        """None for what cannot be an id here, so that nothing has it."""
        if self._mapping.id_format is IdFormat.TEXT:
            return equals(self._mapping.id, id_)
        try:
            value = UUID(id_)
        except ValueError:
            return None
        if self._mapping.id_format is IdFormat.GUID:
            return equals_bytes(self._mapping.id, value.bytes_le)
        return equals(self._mapping.id, str(value))
