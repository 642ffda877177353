"""What directory servers for tests have in common: a process, two ports, an administrator."""

import os
import socket
import ssl
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import ldap3
from ldap3.core.exceptions import LDAPException

from infra.local.ports import HOST, free_ports
from infra.local.processes import kill_tree
from infra.local.supervisor import LAUNCHER
from tests.directories.certificates import Certificate
from tests.directories.municipality import ADMIN_PASSWORD, BASE, READER, SERVICE_PASSWORD
from tests.directories.programs import ENVIRONMENT

SECONDS_TO_START = 60
ANONYMOUS_BIND = bytes.fromhex("300c 020101 6007 020103 0400 8000")


class DirectoryServer(ABC):
    """May be killed and started again; it then has the same ports and data."""

    base = BASE
    bind_dn = READER
    password = SERVICE_PASSWORD
    admin_dn: str

    def __init__(self, folder: Path, certificate: Certificate) -> None:
        self.folder = folder
        self.port, self.tls_port = free_ports(2)
        self.url = f"ldap://{HOST}:{self.port}"
        self.tls_url = f"ldaps://{HOST}:{self.tls_port}"
        self.certificate = certificate
        self.ca_file = certificate.ca_file
        self._log = folder / "output.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @abstractmethod
    def start(self) -> None:
        """Returns when it answers."""

    def kill(self) -> None:
        """As a crash: SIGKILL to it and all it started. Nothing listens at its ports then."""
        if self._process is not None:
            kill_tree(self._process.pid)
            self._process.wait(30)
            self._process = None

    def admin(self) -> AbstractContextManager[ldap3.Connection]:
        """May change everything."""
        return self.connection(self.admin_dn, ADMIN_PASSWORD)

    def reader(self) -> AbstractContextManager[ldap3.Connection]:
        return self.connection(self.bind_dn, self.password)

    @contextmanager
    def connection(
        self, dn: str, password: str, url: str | None = None, start_tls: bool = False
    ) -> Iterator[ldap3.Connection]:
        """Bound, over TLS unless another URL is given. Raises ldap3's errors, also in its use."""
        tls = _Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(self.ca_file))
        connection = ldap3.Connection(
            ldap3.Server(url or self.tls_url, tls=tls, get_info=ldap3.NONE),
            *(dn, password),
            auto_referrals=False,
            raise_exceptions=True,
        )
        try:
            connection.open()
            if start_tls:
                connection.start_tls()
            connection.bind()
            yield connection
        finally:
            with suppress(LDAPException, OSError):
                connection.unbind()
            if connection.socket is not None:
                connection.socket.close()

    def _spawn(self, argv: Sequence[str], sockets: Sequence[int] = ()) -> None:
        assert self._process is None
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), "-"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*launch, *argv],
                env=ENVIRONMENT,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=sockets,
            )
        self._wait_for_an_answer()

    def _wait_for_an_answer(self) -> None:
        end = time.monotonic() + SECONDS_TO_START
        while self._process is not None and self._process.poll() is None and time.monotonic() < end:
            with suppress(OSError), socket.create_connection((HOST, self.port)) as probe:
                probe.settimeout(SECONDS_TO_START)
                probe.sendall(ANONYMOUS_BIND)
                if probe.recv(1):
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self._log.read_text()}")


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """ldap3's own way is deprecated, and warns."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(
            connection.socket,
            server_hostname=connection.server.host,
            do_handshake_on_connect=do_handshake,
        )
