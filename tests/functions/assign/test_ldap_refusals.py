"""Servers that refuse: how often the password is sent, in what state, and for how long."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from infra.local.ldap import BASE_DN
from infra.local.ports import HOST
from shared.domain.errors import Unavailable
from tests.functions.assign.directories import PASSWORD, at, group

BIND, EXTENDED, REFUSED, BROKEN = 0x60, 0x77, 49, 80


class Refusing:
    """Answers a bind and a StartTLS with a code, and counts how often it was sent a password."""

    def __init__(self, server: socket.socket, code: int, thinks: float) -> None:
        self._server, self._code, self._thinks = server, code, thinks
        self._lock = threading.Lock()
        self.binds = 0
        self.url = f"ldap://{HOST}:{server.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._answer, args=[client], daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            while data := client.recv(65536):
                number = data[2 : 4 + data[3]]
                operation = data[2 + len(number)]
                if operation not in (BIND, EXTENDED):
                    return
                with self._lock:
                    self.binds += operation == BIND
                time.sleep(self._thinks)
                said = bytes([operation + 1, 7, 10, 1, self._code, 4, 0, 4, 0])
                client.sendall(b"\x30" + bytes([len(number + said)]) + number + said)


@contextmanager
def refusing(code: int = REFUSED, thinks: float = 0.0) -> Iterator[Refusing]:
    with socket.create_server((HOST, 0)) as server:
        refusing = Refusing(server, code, thinks)
        threading.Thread(target=refusing.serve, daemon=True).start()
        try:
            yield refusing
        finally:
            server.shutdown(socket.SHUT_RDWR)


def ask(
    caseworkers: LdapCaseworkerDirectory, *servers: str, name: str = "x", **more: object
) -> str:
    with pytest.raises(Unavailable) as refused:
        caseworkers.members(at(*servers, **more), group(f"CN={name},{BASE_DN}"))
    return str(refused.value)


def test_a_refused_start_tls_sends_no_password(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    with refusing(code=BROKEN) as server:
        ask(caseworkers, server.url, start_tls=True, allow_plain=False)

        assert server.binds == 0


def test_a_server_that_is_broken_does_not_keep_the_others_from_being_asked(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    with refusing(code=BROKEN) as broken, refusing() as next_one:
        ask(caseworkers, broken.url, next_one.url)

        assert next_one.binds == 1
