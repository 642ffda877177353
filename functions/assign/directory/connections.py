"""Connections to one directory: kept for the next question, replaced when they went stale."""

import os
import select
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import RESULT_BUSY, RESULT_SUCCESS, RESULT_UNAVAILABLE

from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.secrets import resolve

T = TypeVar("T")

# Firewalls forget a connection that nobody uses, without telling either end.
LONGEST_IDLE = 60.0
_BROKEN = (LDAPException, OSError)
# What ldap3 raises if something else than a directory listens there.
_NONSENSE = (LookupError, TypeError, ValueError)


class _ServerAway(Exception):
    """Ask the next server."""


class Connections:
    """Thread-safe; each connection is used by one thread at a time."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._idle: list[tuple[float, ldap3.Connection]] = []
        self._lock = threading.Lock()
        self.last_used = time.monotonic()

    def run(self, ask: Callable[[ldap3.Connection], T]) -> T:
        """Raise Unavailable if no server answers, or if they refuse us."""
        self.last_used = time.monotonic()
        kept = self._take()
        if kept is not None:
            try:
                return self._use(kept, ask)
            except _BROKEN:
                pass  # it went stale while it was idle
        try:
            return self._use(self._connect(), ask)
        except _BROKEN as exc:
            raise self._unavailable(type(exc).__name__) from None

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            _close(connection)

    def _take(self) -> ldap3.Connection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                since, connection = self._idle.pop()
            if time.monotonic() - since < LONGEST_IDLE and not _is_ended(connection):
                return connection
            _close(connection)

    def _use(self, connection: ldap3.Connection, ask: Callable[[ldap3.Connection], T]) -> T:
        try:
            answer = ask(connection)
        except BaseException:
            _close(connection)
            raise
        with self._lock:
            self._idle.append((time.monotonic(), connection))
        return answer

    def _connect(self) -> ldap3.Connection:
        password = resolve(self._directory.password)
        if not password:
            # Many servers take a bind without a password for an anonymous one, and say "success".
            raise self._unavailable("the password is empty")
        failure = ""
        for server in self._directory.servers:
            try:
                return self._bound(self._address(server), password)
            except _ServerAway as exc:
                failure = str(exc)
            except (*_BROKEN, *_NONSENSE) as exc:
                failure = type(exc).__name__
        raise self._unavailable(failure)

    def _address(self, server: str) -> str:
        kind, _, name = server.partition(":")
        address = os.environ.get(name, "") if kind == "env" else server
        if not address.startswith(("ldap://", "ldaps://")):
            raise self._unavailable(f"{server} gives no address")
        if not self._directory.may_bind_at(address):
            raise self._unavailable(f"{server} is not encrypted")
        return address

    def _bound(self, address: str, password: str) -> ldap3.Connection:
        directory = self._directory
        server = ldap3.Server(
            address,
            get_info=ldap3.NONE,
            connect_timeout=directory.connect_timeout_seconds,
            tls=_Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=directory.ca_file),
        )
        connection = ldap3.Connection(
            server,
            user=directory.bind_dn,
            password=password,
            client_strategy=ldap3.SAFE_SYNC,
            receive_timeout=directory.answer_timeout_seconds,
            auto_referrals=False,
            check_names=False,
            read_only=True,
        )
        try:
            connection.open(read_server_info=False)
            if directory.start_tls:
                connection.start_tls(read_server_info=False)
            self._bind(connection)
        except BaseException:
            _close(connection)
            raise
        return connection

    def _bind(self, connection: ldap3.Connection) -> None:
        _, result, _, _ = connection.bind(read_server_info=False)
        code, description = result["result"], result["description"]
        if code in (RESULT_BUSY, RESULT_UNAVAILABLE):
            raise _ServerAway(description)
        if code != RESULT_SUCCESS:
            # The other servers know the same password: asking them too could lock the account.
            raise self._unavailable(f"the bind was refused ({description})")

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(f"directory {self._directory.id}: {why}")


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """Lets Python check certificate and name; ldap3's own way is deprecated and knows no IPs."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(
            connection.socket,
            server_hostname=connection.server.host,
            do_handshake_on_connect=do_handshake,
        )


def _is_ended(connection: ldap3.Connection) -> bool:
    """An idle connection with something to read was ended by the server. Costs no round trip."""
    try:
        readable, _, _ = select.select([connection.socket.fileno()], [], [], 0)
    except (AttributeError, OSError, ValueError):
        return True
    return bool(readable)


def _close(connection: ldap3.Connection) -> None:
    with suppress(*_BROKEN):
        connection.unbind()
    # ldap3 forgets the socket if it was never connected, or if the server is gone.
    if connection.socket is not None:
        connection.socket.close()
