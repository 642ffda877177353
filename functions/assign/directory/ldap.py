"""Ask an authority's directory over LDAP who belongs to a group or unit."""

import threading
import time
from typing import Any

import ldap3
from ldap3.core.results import RESULT_INVALID_DN_SYNTAX, RESULT_NO_SUCH_OBJECT, RESULT_SUCCESS

from functions.assign.directory.connections import Connections
from functions.assign.directory.entries import SCHEMAS, Attributes
from functions.assign.directory.names import comparable, is_within
from shared.domain.caseworkers import Account, Members, Target, TargetKind
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId, UnitId

# All questions for one answer together: well below the function's own limit.
LONGEST_READING = 12.0
FORGET_AFTER = 600.0


class LdapCaseworkerDirectory:
    """Connections are kept per directory as it is declared; a changed entry gets new ones."""

    def __init__(self) -> None:
        self._connections: dict[Directory, Connections] = {}
        self._lock = threading.Lock()

    def members(self, directory: Directory, target: Target) -> Members | None:
        def ask(connection: ldap3.Connection) -> Members | None:
            return _Reading(directory, connection).members(target)

        return self._connections_to(directory).run(ask)

    def close(self) -> None:
        with self._lock:
            for connections in self._connections.values():
                connections.close()
            self._connections.clear()

    def _connections_to(self, directory: Directory) -> Connections:
        with self._lock:
            if directory not in self._connections:
                self._forget_unused()
                self._connections[directory] = Connections(directory)
            return self._connections[directory]

    def _forget_unused(self) -> None:
        now = time.monotonic()
        for directory, connections in list(self._connections.items()):
            if now - connections.last_used > FORGET_AFTER:
                connections.close()
                del self._connections[directory]


class _Reading:
    """The answer to one question, over one connection."""

    def __init__(self, directory: Directory, connection: ldap3.Connection) -> None:
        self._directory = directory
        self._schema = SCHEMAS[directory.kind]
        self._connection = connection
        self._base = comparable(directory.base) or ()
        self._give_up_at = time.monotonic() + LONGEST_READING
        self._accounts: dict[AccountId, Account] = {}
        self._unreadable = 0

    def members(self, target: Target) -> Members | None:
        entry = self._entry(target.dn)
        id_ = self._schema.id_of(entry) if entry is not None else None
        if entry is None or id_ is None:
            return None
        if target.kind is TargetKind.UNIT:
            self._read_unit(target.dn)
        elif self._schema.is_group(entry):
            self._read_group(target.dn, entry)
        else:
            return None
        return Members(
            unit=UnitId(id_), accounts=tuple(self._accounts.values()), unreadable=self._unreadable
        )

    def _read_unit(self, dn: str) -> None:
        for entry in self._search(dn, self._schema.people_filter, ldap3.SUBTREE) or ():
            self._add(entry)

    def _read_group(self, dn: str, group: Attributes) -> None:
        """Groups may contain groups, also each other: every name is read once."""
        seen = {comparable(dn)}
        groups = [group]
        while groups:
            for member in self._schema.members(groups.pop()):
                name = comparable(member)
                if name in seen:
                    continue
                seen.add(name)
                entry = self._entry(member)
                if entry is not None and self._schema.is_group(entry):
                    groups.append(entry)
                else:
                    self._add(entry)

    def _add(self, entry: Attributes | None) -> None:
        account = self._schema.account(entry) if entry is not None else None
        if account is None:
            self._unreadable += 1
        else:
            self._accounts[account.id] = account

    def _entry(self, dn: str) -> Attributes | None:
        """None if there is none, or if it lies outside of what we are to look at."""
        name = comparable(dn)
        if name is None or not is_within(name, self._base):
            return None
        found = self._search(dn, "(objectClass=*)", ldap3.BASE)
        return found[0] if found else None

    def _search(self, base: str, condition: str, scope: str) -> list[Attributes] | None:
        """None if there is no such base. What lies on other servers (referrals) is not followed."""
        if time.monotonic() > self._give_up_at:
            raise Unavailable(f"directory {self._directory.id}: the answer took too long")
        _, result, response, _ = self._connection.search(
            base, condition, scope, attributes=list(self._schema.attributes)
        )
        if result["result"] in (RESULT_NO_SUCH_OBJECT, RESULT_INVALID_DN_SYNTAX):
            return None
        if result["result"] != RESULT_SUCCESS:
            # Also if the answer is cut short: part of a team would get all the work.
            raise Unavailable(f"directory {self._directory.id}: {result['description']}")
        return [_attributes(entry) for entry in response if entry["type"] == "searchResEntry"]


def _attributes(entry: dict[str, Any]) -> Attributes:
    attributes: Attributes = entry["raw_attributes"]
    return attributes
