"""Everybody in a group, also through groups in it: in as few searches as the server needs."""

from collections.abc import Iterable
from typing import NamedTuple

from functions.assign.directory.entries import PRIMARY_GROUP, SECURITY_ID, Entries
from functions.assign.directory.lookup import LookUp
from functions.assign.directory.names import Name, comparable
from functions.assign.directory.searching import Found, Searching, any_of, equals, is_named
from functions.assign.directory.values import Attributes, first
from shared.domain.configuration.directories import Directory

IN_CHAIN = "1.2.840.113556.1.4.1941"

Hint = frozenset[str]
"""What made up a group last time: it saves searches, and the answer is the same without it."""


class InGroup(NamedTuple):
    """`others` are no groups; `unseen` members are not there, or may not be read."""

    group: Found
    others: list[Found]
    unseen: int
    hint: Hint


class Groups:
    def __init__(
        self, directory: Directory, entries: Entries, search: Searching, look_up: LookUp
    ) -> None:
        self._mapping = directory.mapped
        self._base = directory.base
        self._entries = entries
        self._search = search
        self._look_up = look_up

    def read(self, dn: str, hint: Hint) -> InGroup | None:
        """None if there is no such group."""
        if self._mapping.in_chain:
            return self._in_chain(dn, hint)
        return self._walked(dn, hint)

    def _in_chain(self, dn: str, hint: Hint) -> InGroup | None:
        """`hint` are the numbers of the group and those within it: whoever has one of them as
        primary group is no member in the directory's eyes, and is one all the same."""
        name = comparable(dn)
        if self._mapping.primary_group and not hint:
            group = self._search.entry(dn)
            hint = self._numbers([group]) if group is not None else hint
        while True:
            found = self._search.below(self._base, self._is_in_chain(dn, hint)) or []
            group = next((each for each in found if comparable(each.dn) == name), None)
            if group is None or not self._entries.is_group(group.entry):
                return None
            groups = [each for each in found if self._entries.is_group(each.entry)]
            numbers = self._numbers(groups)
            if not self._mapping.primary_group or numbers == hint:
                others = [each for each in found if not self._entries.is_group(each.entry)]
                return InGroup(group, others, 0, hint)
            hint = numbers

    def _numbers(self, groups: Iterable[Found]) -> Hint:
        return frozenset(filter(None, (_number(each.entry) for each in groups)))

    def _is_in_chain(self, dn: str, numbers: Hint) -> str:
        return any_of(
            [
                is_named(self._mapping.own_name, dn),
                is_named(f"memberOf:{IN_CHAIN}:", dn),
                *(equals(PRIMARY_GROUP, number) for number in sorted(numbers)),
            ]
        )

    def _walked(self, dn: str, hint: Hint) -> InGroup | None:
        """`hint` are the names within it. Groups may contain each other: each is read once."""
        known = self._look_up.by_names([dn, *hint])
        asked = {comparable(each) for each in (dn, *hint)}
        group = known.get(comparable(dn))
        if group is None or not self._entries.is_group(group.entry):
            return None
        members: dict[Name | None, str] = {}
        frontier = [group]
        while frontier:
            named = {comparable(each): each for of in frontier for each in self._members(of)}
            new = {name: each for name, each in named.items() if name not in members}
            members |= new
            known |= self._look_up.by_names(each for name, each in new.items() if name not in asked)
            frontier = [known[name] for name in new if self._is_group(known.get(name))]
        members.pop(comparable(dn), None)
        others = [known[name] for name in members if name in known]
        others = [each for each in others if not self._entries.is_group(each.entry)]
        unseen = sum(name not in known for name in members)
        return InGroup(group, others, unseen, frozenset(members.values()))

    def _is_group(self, found: Found | None) -> bool:
        return found is not None and self._entries.is_group(found.entry)

    def _members(self, group: Found) -> list[str]:
        return self._entries.members(group.entry)


def _number(group: Attributes) -> str | None:
    """Of its security id the last four bytes: what `primaryGroupID` of its members says."""
    security_id = first(group, SECURITY_ID)
    if security_id is None or len(security_id) < 12:
        return None
    return str(int.from_bytes(security_id[-4:], "little"))
