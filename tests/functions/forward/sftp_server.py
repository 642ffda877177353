"""A real SFTP server (asyncssh) over a folder, which can be told to fail."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import asyncssh

USER, PASSWORD = "lotse", "geheim"


class SftpServer:
    """`broken` makes every change fail, `stalls` makes it answer nothing any more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.broken = False
        self.stalls = False
        self.port = 0
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")

    @property
    def known_host(self) -> str:
        return self.host_key.export_public_key().decode().strip()

    @property
    def fingerprint(self) -> str:
        return self.host_key.get_fingerprint()


class _Login(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


def _files(server: SftpServer) -> type[asyncssh.SFTPServer]:
    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=str(server.root).encode())

        async def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            await _misbehave(server)
            return super().open(path, pflags, attrs)

        async def rename(self, oldpath: bytes, newpath: bytes) -> None:
            await _misbehave(server)
            super().rename(oldpath, newpath)

        async def mkdir(self, path: bytes, attrs: Any) -> None:
            await _misbehave(server)
            super().mkdir(path, attrs)

    return Files


async def _misbehave(server: SftpServer) -> None:
    while server.stalls:
        await asyncio.sleep(0.05)
    if server.broken:
        raise asyncssh.SFTPFailure("/srv/geheim: disk on fire")


@contextmanager
def an_sftp_server(root: Path) -> Iterator[SftpServer]:
    server = SftpServer(root)
    started, end = Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        keys = root.with_name(f"{root.name}.keys")
        keys.write_bytes(server.user_key.export_public_key())
        listener = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=lambda: _Login(server),
            server_host_keys=[server.host_key],
            authorized_client_keys=str(keys),
            sftp_factory=_files(server),
        )
        server.port = listener.get_port()
        started.set()
        await end.wait()
        listener.close()
        for connection in server.connections:
            connection.abort()
        await listener.wait_closed()
        for connection in server.connections:
            await connection.wait_closed()

    thread = Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        server.stalls = False
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
