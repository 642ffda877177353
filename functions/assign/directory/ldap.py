"""Ask an authority's directory over LDAP: who is in a group or unit, and who is still there."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import ldap3

from functions.assign.directory.connections import Connections
from functions.assign.directory.entries import Entries
from functions.assign.directory.groups import Hint
from functions.assign.directory.lookup import OwnNames
from functions.assign.directory.reading import NO_HINT, Reading
from functions.assign.directory.searching import Searching
from shared.domain.caseworkers import Account, Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId

T = TypeVar("T")

FORGET_AFTER = 600.0
MOST_HINTS = 5_000


class _Known:
    """What is kept of one directory as it is declared: a changed entry begins anew."""

    def __init__(self, directory: Directory) -> None:
        self.connections = Connections(directory)
        self.entries = Entries(directory.mapped)
        self.hints: OrderedDict[Target, Hint] = OrderedDict()
        self.own_names = OwnNames()


class LdapCaseworkerDirectory:
    """Thread-safe. Connections and what is known are kept per directory."""

    def __init__(self) -> None:
        self._known: dict[Directory, _Known] = {}
        self._lock = threading.Lock()

    def members(self, directory: Directory, target: Target) -> Members | None:
        known = self._known_of(directory)

        def ask(reading: Reading) -> Members | None:
            members, hint = reading.members(target, known.hints.get(target, NO_HINT))
            self._remember(known, target, hint)
            return members

        return self._read(directory, known, ask)

    def accounts(
        self, directory: Directory, ids: Collection[AccountId]
    ) -> Mapping[AccountId, Account]:
        known = self._known_of(directory)
        return self._read(directory, known, lambda reading: reading.accounts(ids))

    def named(self, directory: Directory, dns: Collection[str]) -> Mapping[str, Account]:
        known = self._known_of(directory)
        return self._read(directory, known, lambda reading: reading.named(dns))

    def addresses(self, directory: Directory, ids: Collection[str]) -> Mapping[str, str]:
        known = self._known_of(directory)
        return self._read(directory, known, lambda reading: reading.addresses(ids))

    def close(self) -> None:
        with self._lock:
            for known in self._known.values():
                known.connections.close()
            self._known.clear()

    def _read(self, directory: Directory, known: _Known, ask: Callable[[Reading], T]) -> T:
        def over(connection: ldap3.Connection) -> T:
            searching = Searching(directory.id, connection, known.entries.attributes)
            return ask(Reading(directory, known.entries, searching, known.own_names))

        return known.connections.run(over)

    def _remember(self, known: _Known, target: Target, hint: Hint) -> None:
        with self._lock:
            known.hints[target] = hint
            known.hints.move_to_end(target)
            while len(known.hints) > MOST_HINTS:
                known.hints.popitem(last=False)

    def _known_of(self, directory: Directory) -> _Known:
        with self._lock:
            if directory not in self._known:
                self._forget_unused()
                self._known[directory] = _Known(directory)
            return self._known[directory]

    def _forget_unused(self) -> None:
        now = time.monotonic()
        for directory, known in list(self._known.items()):
            if now - known.connections.last_used > FORGET_AFTER:
                known.connections.close()
                del self._known[directory]
