"""Servers and networks on a bad day: nonsense, silence, and certificates of all kinds."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from infra.local.ports import HOST


def a_certificate(folder: Path, name: str, days: int = 2) -> Path:
    """Self-signed, with its key in the same file; of -1 days it has expired."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace(':', '-')}.pem"
    subject = ["-subj", "/CN=test", "-addext", f"subjectAltName={name}"]
    _openssl("req", *_KEY, *subject, "-keyout", str(path), "-out", f"{path}.csr")
    made = ["-in", f"{path}.csr", "-copy_extensions", "copyall", "-out", f"{path}.crt"]
    _openssl("x509", "-req", *made, "-signkey", str(path), "-days", str(days))
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: str) -> None:
    openssl = shutil.which("openssl")
    assert openssl is not None
    subprocess.run([openssl, *arguments], check=True, capture_output=True)


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that says the same to everybody, and ends."""
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    connection.sendall(answer)

        with _in_background(serve, server):
            yield f"ldap://{HOST}:{server.getsockname()[1]}"


@contextmanager
def encrypting(port: int, certificate: Path) -> Iterator[str]:
    """TLS in front of a plain server, for one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server((HOST, 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with (
                    context.wrap_socket(connection, server_side=True) as outside,
                    socket.create_connection((HOST, port)) as inside,
                ):
                    while request := outside.recv(65536):
                        inside.sendall(request)
                        outside.sendall(inside.recv(65536))
            except OSError:
                return

        with _in_background(serve, server):
            yield f"ldaps://{HOST}:{server.getsockname()[1]}"


@contextmanager
def _in_background(serve: object, server: socket.socket) -> Iterator[None]:
    assert callable(serve)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)


class Wire:
    """A network between the adapter and a server, which it passes on as it is, and counts."""

    def __init__(self, server: socket.socket, port: int) -> None:
        self._server, self._port = server, port
        self._pairs: list[_Pair] = []
        self.url = f"ldap://{HOST}:{server.getsockname()[1]}"

    @property
    def connections(self) -> int:
        return len(self._pairs)

    @property
    def round_trips(self) -> int:
        """How often something was asked after the last answer."""
        return sum(pair.round_trips for pair in self._pairs)

    def forget(self) -> None:
        """What is connected now gets no answer any more, and is not told."""
        for pair in self._pairs:
            pair.is_forgotten = True

    def serve(self) -> None:
        """If nothing listens at the port, whoever connects is sent away."""
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            pair = _Pair(client)
            self._pairs.append(pair)
            pair.connect(self._port)

    def close(self) -> None:
        for pair in self._pairs:
            pair.close()


class _Pair:
    def __init__(self, client: socket.socket) -> None:
        self._client, self._server = client, socket.socket()
        self._threads = [
            threading.Thread(target=carry, daemon=True) for carry in (self._ask, self._answer)
        ]
        self._was_answered = True
        self.round_trips = 0
        self.is_forgotten = False

    def connect(self, port: int) -> None:
        try:
            self._server.connect((HOST, port))
        except OSError:
            self._client.close()
            return
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._client.close()
        self._server.close()

    def _ask(self) -> None:
        with suppress(OSError):
            for data in _received(self._client):
                self.round_trips += self._was_answered
                self._was_answered = False
                if not self.is_forgotten:
                    self._server.sendall(data)
            self._server.shutdown(socket.SHUT_WR)

    def _answer(self) -> None:
        with suppress(OSError):
            for data in _received(self._server):
                self._was_answered = True
                if not self.is_forgotten:
                    self._client.sendall(data)
            self._client.shutdown(socket.SHUT_WR)


def _received(connection: socket.socket) -> Iterator[bytes]:
    while data := connection.recv(65536):
        yield data


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    with socket.create_server((HOST, 0)) as server:
        wire = Wire(server, port)
        with closing(wire), _in_background(wire.serve, server):
            yield wire
