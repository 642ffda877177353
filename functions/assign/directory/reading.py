"""Read one answer from a directory: who is in a group or unit, and whom ids and names stand for."""

from collections.abc import Collection, Iterable

from functions.assign.directory.entries import Entries
from functions.assign.directory.groups import Groups, Hint
from functions.assign.directory.lookup import LookUp, OwnNames
from functions.assign.directory.names import comparable
from functions.assign.directory.searching import Found, Searching, any_of, equals, is_named
from functions.assign.directory.values import first
from shared.domain.caseworkers import Account, Members, Target, TargetKind
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId, UnitId

NO_HINT: Hint = frozenset()


class Reading:
    def __init__(
        self, directory: Directory, entries: Entries, search: Searching, own_names: OwnNames
    ) -> None:
        self._mapping = directory.mapped
        self._entries = entries
        self._search = search
        self._look_up = LookUp(directory, search, own_names)
        self._groups = Groups(directory, entries, search, self._look_up)

    def members(self, target: Target, hint: Hint) -> tuple[Members | None, Hint]:
        """With what to give as a hint next time."""
        if not self._look_up.is_ours(target.dn):
            return None, NO_HINT
        if target.kind is TargetKind.UNIT:
            return self._in_unit(target.dn), NO_HINT
        found = self._groups.read(target.dn, hint)
        if found is None:
            return None, NO_HINT
        return self._members(found.group, found.others, found.unseen), found.hint

    def accounts(self, ids: Collection[AccountId]) -> dict[AccountId, Account]:
        found = (self._account(each) for each in self._look_up.by_ids(ids))
        return {account.id: account for account in found if account is not None}

    def named(self, dns: Collection[str]) -> dict[str, Account]:
        found = self._look_up.by_names(dns)
        accounts = {}
        for dn in dns:
            entry = found.get(comparable(dn))
            account = self._account(entry) if entry is not None else None
            if account is not None:
                accounts[dn] = account
        return accounts

    def addresses(self, ids: Collection[str]) -> dict[str, str]:
        mail = self._mapping.mail
        addresses = {}
        for found in self._look_up.by_ids(ids, [self._mapping.id, mail]):
            id_, address = self._entries.id_of(found.entry), first(found.entry, mail)
            if id_ is not None and address:
                addresses[id_] = address.decode("utf-8", "replace").strip()
        return addresses

    def _in_unit(self, dn: str) -> Members | None:
        """Also who lies in a unit within it, or refers to one."""
        reference = self._mapping.unit_reference
        people = any_of(equals("objectClass", name) for name in self._mapping.people)
        units = f"({self._mapping.id}=*)" if reference else is_named(self._mapping.own_name, dn)
        found = self._search.below(dn, any_of([people, units]))
        if found is None:
            return None
        name = comparable(dn)
        unit = next((each for each in found if comparable(each.dn) == name), None)
        unit = unit or self._search.entry(dn)
        if unit is None or self._is_person(unit) or self._entries.is_group(unit.entry):
            return None
        if reference is not None:
            ids = {self._entries.id_of(each.entry) for each in found}
            found += self._look_up.referring(reference, {id_ for id_ in ids if id_ is not None})
        return self._members(unit, [each for each in found if self._is_person(each)])

    def _members(
        self, target: Found, found: Iterable[Found], unreadable: int = 0
    ) -> Members | None:
        id_ = self._entries.id_of(target.entry)
        if id_ is None:
            return None
        accounts: dict[AccountId, Account] = {}
        for each in found:
            account = self._account(each)
            if account is None:
                unreadable += 1
            else:
                accounts[account.id] = account
        return Members(unit=UnitId(id_), accounts=tuple(accounts.values()), unreadable=unreadable)

    def _account(self, found: Found) -> Account | None:
        return self._entries.account(found.dn, found.entry)

    def _is_person(self, found: Found) -> bool:
        return self._entries.is_person(found.entry)
