"""Connections to one directory: kept for the next question, replaced when they went stale."""

import select
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import ldap3

from functions.assign.directory.opening import (
    BROKEN,
    Refused,
    ServerAway,
    address_of,
    bind,
    close,
    opened,
    password_of,
    unavailable,
)
from functions.assign.directory.refusals import of_failure
from shared.domain.configuration.directories import Directory

T = TypeVar("T")

# Firewalls forget a connection that nobody uses, without telling either end.
LONGEST_IDLE = 60.0
MOST_AT_ONCE = 10
# For so long the other servers are asked first.
LEFT_ALONE = 30.0
# A wrong password that is tried with every case locks the account for everybody: doubled with
# each refusal, up to the second one.
REFUSED_FOR, LONGEST_REFUSED = 60.0, 600.0
# Before the last address is tried: its answer is within the function's own limit.
LONGEST_CONNECTING = 8.0


class _Kept(NamedTuple):
    server: str
    connection: ldap3.Connection
    since: float


class _Refusal(NamedTuple):
    password: str
    why: Refused
    pause: float
    until: float


class Connections:
    """Thread-safe; each connection is used by one thread at a time."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._idle: list[_Kept] = []
        self._away_until: dict[str, float] = {}
        self._refusal: _Refusal | None = None
        self._accepted: str | None = None
        self._first_bind = threading.Lock()
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.last_used = time.monotonic()

    def run(self, ask: Callable[[ldap3.Connection], T]) -> T:
        """Raise Unavailable if no server answers, or if they refuse us."""
        self.last_used = time.monotonic()
        if not self._turns.acquire(timeout=self._directory.answer_timeout_seconds):
            raise unavailable(self._directory, f"all {MOST_AT_ONCE} connections to it are in use")
        try:
            return self._run(ask)
        finally:
            self._turns.release()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for kept in idle:
            close(kept.connection)

    def _run(self, ask: Callable[[ldap3.Connection], T]) -> T:
        kept = self._take()
        if kept is not None:
            try:
                return self._use(kept.server, kept.connection, ask)
            except BROKEN:
                self.close()  # what is idle besides it will be as stale
            except ServerAway:
                self._leave_alone(kept.server)
        server, connection = self._connect()
        try:
            return self._use(server, connection, ask)
        except (*BROKEN, ServerAway) as exc:
            self._leave_alone(server)
            why = str(exc) if isinstance(exc, ServerAway) else of_failure(exc)
            raise unavailable(self._directory, f"{server}: {why}") from None

    def _take(self) -> _Kept | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                kept = self._idle.pop()
            if time.monotonic() - kept.since < LONGEST_IDLE and not _is_ended(kept.connection):
                return kept
            close(kept.connection)

    def _use(
        self, server: str, connection: ldap3.Connection, ask: Callable[[ldap3.Connection], T]
    ) -> T:
        try:
            answer = ask(connection)
        except BaseException:
            close(connection)
            raise
        with self._lock:
            self._idle.append(_Kept(server, connection, time.monotonic()))
        return answer

    def _connect(self) -> tuple[str, ldap3.Connection]:
        password = password_of(self._directory)
        self._respect_refusal(password)
        give_up_at = time.monotonic() + LONGEST_CONNECTING
        failures = []
        for server in sorted(self._directory.servers, key=self._is_left_alone):
            if time.monotonic() > give_up_at:
                break
            try:
                return server, self._bound(server, password, give_up_at)
            except ServerAway as exc:
                self._leave_alone(server)
                failures.append(f"{server}: {exc}")
        raise unavailable(self._directory, "; ".join(failures))

    def _bound(self, server: str, password: str, give_up_at: float) -> ldap3.Connection:
        address = address_of(self._directory, server)
        connection = opened(self._directory, address, password, give_up_at)
        if password == self._accepted:
            self._bind(connection, password)
        else:
            self._bind_alone(connection, password)
        self._away_until.pop(server, None)
        return connection

    def _bind_alone(self, connection: ldap3.Connection, password: str) -> None:
        """Until a password was accepted once, one thread after the other tries it."""
        if not self._first_bind.acquire(timeout=self._directory.answer_timeout_seconds):
            close(connection)
            raise unavailable(self._directory, "it does not answer the first bind")
        try:
            self._respect_refusal(password)
            self._bind(connection, password)
        except Refused:
            close(connection)
            raise
        finally:
            self._first_bind.release()

    def _bind(self, connection: ldap3.Connection, password: str) -> None:
        try:
            bind(self._directory, connection)
        except Refused as why:
            self._accepted = None
            self._refusal = self._next_refusal(password, why)
            raise
        self._accepted, self._refusal = password, None

    def _next_refusal(self, password: str, why: Refused) -> _Refusal:
        former = self._refusal
        again = former is not None and former.password == password
        pause = min(LONGEST_REFUSED, 2 * former.pause) if former and again else REFUSED_FOR
        return _Refusal(password, why, pause, time.monotonic() + pause)

    def _respect_refusal(self, password: str) -> None:
        """A new password is tried at once."""
        refusal = self._refusal
        if refusal is None:
            return
        if refusal.password == password and time.monotonic() < refusal.until:
            raise Refused(str(refusal.why))

    def _leave_alone(self, server: str) -> None:
        self._away_until[server] = time.monotonic() + LEFT_ALONE

    def _is_left_alone(self, server: str) -> bool:
        return time.monotonic() < self._away_until.get(server, 0.0)


def _is_ended(connection: ldap3.Connection) -> bool:
    """An idle connection with something to read was ended by the server. Costs no round trip."""
    try:
        readable, _, _ = select.select([connection.socket.fileno()], [], [], 0)
    except (AttributeError, OSError, ValueError):
        return True
    return bool(readable)
