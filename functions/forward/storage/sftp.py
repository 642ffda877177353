"""An SFTP server on paramiko, whose host key has to be the one that was declared."""

import base64
import errno
import hashlib
import io
import socket
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from functions.forward.destination import Deadline, NotDelivered

if TYPE_CHECKING:
    import paramiko

_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Login:
    """With a password, or with a private key (PEM or OpenSSH's own format) and its passphrase.

    `host_key` is a line as in `known_hosts` without the host, or `SHA256:` and the fingerprint.
    """

    host: str
    port: int
    user: str
    host_key: str
    password: str | None = None
    private_key: str | None = None
    passphrase: str | None = None


class SftpStorage:
    moves = True

    def __init__(self, login: Login, path: str, deadline: Deadline) -> None:
        self._login = login
        self._root = path.rstrip("/")
        self._deadline = deadline

    def __enter__(self) -> Self:
        with self._translated():
            self._transport = _transport(self._login, self._deadline)
            self._watchdog = threading.Timer(self._deadline.left(), self._transport.close)
            self._watchdog.daemon = True
            self._watchdog.start()
            try:
                self._sftp = _open(self._transport, self._login, self._deadline)
            except BaseException:
                self._close()
                raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def size(self, path: str) -> int | None:
        with self._translated():
            found = self._stat(self._at(path))
        if found is None or stat.S_ISDIR(found.st_mode or 0):
            return None
        return found.st_size

    def read(self, path: str) -> Iterator[bytes]:
        with self._translated(), self._sftp.open(self._at(path), "rb") as file:
            # Without paramiko's prefetching: its thread would break off loudly with the connection.
            while piece := file.read(_PIECE):
                yield piece

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        with self._translated():
            self._make(_above(path))
            with self._sftp.open(self._at(path), "wb") as file:
                file.set_pipelined(True)
                for piece in pieces:
                    file.write(piece)

    def move(self, source: str, target: str) -> bool:
        with self._translated():
            self._make(_above(target))
            # Most servers refuse to replace something, some do not.
            if self._stat(self._at(target)) is not None:
                return False
            self._sftp.rename(self._at(source), self._at(target))
            return True

    def remove(self, path: str) -> None:
        with self._translated():
            self._remove(self._at(path))

    def _remove(self, path: str) -> None:
        found = self._stat(path)
        if found is None:
            return
        if not stat.S_ISDIR(found.st_mode or 0):
            self._sftp.remove(path)
            return
        for name in self._sftp.listdir(path):
            self._remove(f"{path}/{name}")
        self._sftp.rmdir(path)

    def _make(self, folder: str) -> None:
        if not folder or self._stat(self._at(folder)) is not None:
            return
        self._make(_above(folder))
        try:
            self._sftp.mkdir(self._at(folder))
        except OSError:
            if self._stat(self._at(folder)) is None:  # else somebody else was faster
                raise

    def _stat(self, path: str) -> "paramiko.SFTPAttributes | None":
        try:
            return self._sftp.lstat(path)
        except FileNotFoundError:
            return None

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if self._root else path

    def _close(self) -> None:
        self._watchdog.cancel()
        self._transport.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Texts of the library and of the server quote paths and hosts."""
        import paramiko

        try:
            yield
        except paramiko.AuthenticationException:
            raise NotDelivered("login") from None
        except (paramiko.SSHException, EOFError):
            self._deadline.left()
            raise NotDelivered("connection") from None
        except OSError as exc:
            self._deadline.left()
            raise NotDelivered(self._code_of(exc)) from None

    def _code_of(self, exc: OSError) -> str:
        if isinstance(exc, TimeoutError):
            return "timeout"
        if not self._transport.is_active():
            return "connection"
        return errno.errorcode.get(exc.errno or 0, "refused_there")


def _transport(login: Login, deadline: Deadline) -> "paramiko.Transport":
    import paramiko

    try:
        opened = socket.create_connection((login.host, login.port), timeout=deadline.left())
    except OSError as exc:
        raise NotDelivered("timeout" if isinstance(exc, TimeoutError) else "connection") from None
    transport = paramiko.Transport(opened)
    transport.banner_timeout = transport.auth_timeout = deadline.left()
    return transport


def _open(
    transport: "paramiko.Transport", login: Login, deadline: Deadline
) -> "paramiko.SFTPClient":
    import paramiko

    transport.start_client(timeout=deadline.left())
    if not _is_declared(transport.get_remote_server_key(), login.host_key):
        raise NotDelivered("host_key")
    if login.private_key is not None:
        transport.auth_publickey(login.user, _key(login.private_key, login.passphrase))
    else:
        transport.auth_password(login.user, login.password or "", fallback=False)
    client = paramiko.SFTPClient.from_transport(transport)
    if client is None:
        raise NotDelivered("no_sftp")
    client.get_channel().settimeout(deadline.left())  # type: ignore[union-attr]
    return client


def _is_declared(key: "paramiko.PKey", declared: str) -> bool:
    if declared.startswith("SHA256:"):
        digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        return declared.removeprefix("SHA256:").rstrip("=") == digest
    return declared.split()[:2] == [key.get_name(), key.get_base64()]


def _key(text: str, passphrase: str | None) -> "paramiko.PKey":
    import paramiko

    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError):
            continue
    raise NotDelivered("bad_key")


def _above(path: str) -> str:
    return path.rpartition("/")[0]
