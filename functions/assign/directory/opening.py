"""Open a connection to one server of a directory: its address, its certificate, and the bind."""

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import RESULT_BUSY, RESULT_SUCCESS, RESULT_UNAVAILABLE

from functions.assign.directory.refusals import is_about_us, of_bind, of_failure
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.secrets import resolve

BROKEN = (LDAPException, OSError)
# What ldap3 raises if something else than a directory listens there.
_NONSENSE = (LookupError, TypeError, ValueError)
OVERLOADED = (RESULT_BUSY, RESULT_UNAVAILABLE)


class ServerAway(Exception):
    """Ask the next server."""


class Refused(Unavailable):
    """By a server that knows us: the others would say the same, and count it against us."""


def password_of(directory: Directory) -> str:
    """Raise Unavailable if there is none."""
    password = resolve(directory.password)
    if not password:
        # Many servers take a bind without a password for an anonymous one, and say "success".
        raise unavailable(directory, "the password is empty")
    return password


def address_of(directory: Directory, server: str) -> str:
    """Raise Unavailable if it is none to which the password may be sent."""
    kind, _, name = server.partition(":")
    address = os.environ.get(name, "") if kind == "env" else server
    if not address.startswith(("ldap://", "ldaps://")):
        raise unavailable(directory, f"{server} gives no address")
    if not directory.may_bind_at(address):
        raise unavailable(directory, f"{server} is not encrypted")
    return address


def opened(
    directory: Directory, address: str, password: str, give_up_at: float = float("inf")
) -> ldap3.Connection:
    """Encrypted if it has to be, and not bound yet. Raise ServerAway."""
    connection = ldap3.Connection(
        _server(directory, address, give_up_at),
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
    except (*BROKEN, *_NONSENSE) as exc:
        close(connection)
        raise ServerAway(of_failure(exc)) from None
    return connection


def bind(directory: Directory, connection: ldap3.Connection) -> None:
    """Raise Refused, or ServerAway; the connection is closed then."""
    try:
        _, result, _, _ = connection.bind(read_server_info=False)
    except (*BROKEN, *_NONSENSE) as exc:
        close(connection)
        raise ServerAway(of_failure(exc)) from None
    if result["result"] != RESULT_SUCCESS:
        close(connection)
        if is_about_us(result):
            raise Refused(f"directory {directory.id}: {of_bind(result)}")
        raise ServerAway(of_bind(result))


def close(connection: ldap3.Connection) -> None:
    with suppress(*BROKEN):
        connection.unbind()
    # ldap3 forgets the socket if it was never connected, or if the server is gone.
    if connection.socket is not None:
        connection.socket.close()


def unavailable(directory: Directory, why: str) -> Unavailable:
    return Unavailable(f"directory {directory.id}: {why}")


class _Server(ldap3.Server):  # type: ignore[misc]  # ldap3 has no types
    """Of a name with many addresses no further one is tried when the time is over."""

    give_up_at = float("inf")

    def candidate_addresses(self) -> Iterator[Any]:
        for number, each in enumerate(super().candidate_addresses()):
            if number > 0 and time.monotonic() > self.give_up_at:
                return
            yield each


def _server(directory: Directory, address: str, give_up_at: float) -> ldap3.Server:
    server = _Server(
        address,
        get_info=ldap3.NONE,
        # A domain's name stands for each of its controllers.
        mode=ldap3.IP_V4_PREFERRED,
        connect_timeout=directory.connect_timeout_seconds,
        tls=_Tls(_context(directory)),
    )
    server.give_up_at = give_up_at
    return server


def _context(directory: Directory) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=directory.ca_file)
    except (OSError, ValueError):  # ssl.SSLError, too
        raise unavailable(
            directory, f"ca_file {directory.ca_file} is not there, or holds no certificate"
        ) from None


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """Lets Python check certificate and name; ldap3's own way is deprecated and knows no IPs."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        connection.socket = self._context.wrap_socket(
            connection.socket,
            server_hostname=connection.server.host,
            do_handshake_on_connect=do_handshake,
        )
