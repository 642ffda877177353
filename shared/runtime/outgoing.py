"""One call to a server that is not ours: TLS verified, no proxy, no redirect, cut at its end."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

Connection: TypeAlias = HTTPConnection | HTTPSConnection


@contextmanager
def open_connection(
    address: urllib3.util.Url, seconds: float, *, ca_file: str | None = None
) -> Iterator[Connection]:
    """A connection of its own, cut after so many seconds: a peer that drips bytes cannot hold us.

    An answer that was cut by then may read as a whole one: look at the clock after reading.
    """
    connection: Connection
    host = (address.host or "").strip("[]")
    if address.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file)
        connection = HTTPSConnection(host, address.port, timeout=seconds, ssl_context=context)
    else:
        connection = HTTPConnection(host, address.port, timeout=seconds)
    watchdog = threading.Timer(seconds, _cut, [connection])
    watchdog.daemon = True
    try:
        watchdog.start()
        yield connection
    finally:
        watchdog.cancel()
        connection.close()


def failure_code(exc: Exception) -> str:
    """Why a call failed, in one word; never what the other side wrote."""
    if isinstance(exc, ssl.SSLError | urllib3.exceptions.SSLError):
        return "tls"
    if isinstance(exc, urllib3.exceptions.NewConnectionError):  # in urllib3 a kind of timeout
        return "connection"
    slow = isinstance(exc, TimeoutError | urllib3.exceptions.TimeoutError)
    return "timeout" if slow else "connection"


def _cut(connection: Connection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
