"""Try a declared directory step by step, and say of each what works or what to mend."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import ldap3

from functions.assign.directory.entries import Entries
from functions.assign.directory.opening import (
    BROKEN,
    ServerAway,
    address_of,
    bind,
    close,
    opened,
    password_of,
)
from functions.assign.directory.refusals import NAME_UNKNOWN, of_failure
from functions.assign.directory.sample import sample, what_it_lacks
from functions.assign.directory.searching import Searching
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable

_PORTS = {"ldap": 389, "ldaps": 636}


@dataclass(frozen=True)
class Step:
    """`text` says what was found, or what to mend; never a person's name, nor the password."""

    name: str
    ok: bool
    text: str
    server: str


class _Failed(Exception):
    """Nothing that comes after it can work."""


def probe(directory: Directory) -> Iterator[Step]:
    """Each server by itself, up to its first step that fails; nothing is kept."""
    for server in directory.servers:
        steps = _Steps(directory, server)
        for name, step in steps.all():
            try:
                text = step()
            except (_Failed, ServerAway, Unavailable) as exc:
                yield Step(name, False, _without_id(directory, exc), server)
                break
            except BROKEN as exc:
                yield Step(name, False, of_failure(exc), server)
                break
            yield Step(name, True, text, server)
        steps.close()


def _without_id(directory: Directory, exc: Exception) -> str:
    return str(exc).removeprefix(f"directory {directory.id}: ")


class _Steps:
    """Of one server, in their order."""

    def __init__(self, directory: Directory, server: str) -> None:
        self._directory = directory
        self._server = server
        self._entries = Entries(directory.mapped)
        self._host, self._port = "", 0
        self._connection: ldap3.Connection | None = None

    def all(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "address", self._address
        yield "name", self._name
        yield "port", self._port_answers
        yield "certificate", self._certificate
        yield "bind", self._bind
        yield "base", self._base
        yield "sample", self._sample

    def close(self) -> None:
        if self._connection is not None:
            close(self._connection)

    def _address(self) -> str:
        address = address_of(self._directory, self._server)
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        return f"{parts.scheme}://{self._host}:{self._port}"

    def _name(self) -> str:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError:
            raise _Failed(NAME_UNKNOWN) from None
        addresses = dict.fromkeys(str(each[4][0]) for each in found)
        return f"{self._host} is {', '.join(addresses)}"

    def _port_answers(self) -> str:
        timeout = self._directory.connect_timeout_seconds
        with socket.create_connection((self._host, self._port), timeout):
            return f"something listens at {self._port}"

    def _certificate(self) -> str:
        address = address_of(self._directory, self._server)
        password = password_of(self._directory)
        self._connection = opened(self._directory, address, password)
        if not (self._directory.start_tls or address.startswith("ldaps://")):
            return "not asked for: the password goes over the network as it is (allow_plain)"
        return "encrypted; the certificate is trusted and names this server"

    def _bind(self) -> str:
        bind(self._directory, self._bound)
        return "bind_dn and password are accepted"

    def _base(self) -> str:
        if self._search.entry(self._directory.base, ["objectClass"]) is None:
            raise _Failed("there is no base, or our account may not read it")
        return f"{self._directory.base} is there"

    def _sample(self) -> str:
        found = sample(self._directory, self._entries, self._search)
        lacks = what_it_lacks(self._directory, found)
        if lacks is not None:
            raise _Failed(lacks)
        return str(found)

    @property
    def _bound(self) -> ldap3.Connection:
        assert self._connection is not None  # noqa: S101 - a step that failed is the last one
        return self._connection

    @property
    def _search(self) -> Searching:
        return Searching(self._directory.id, self._bound, self._entries.attributes)
