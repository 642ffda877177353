"""A real SFTP server: asyncssh. `python -m … ROOT ORDERS`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncssh

from tests.functions.forward.served import PASSWORD, USER, orders_in


class Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


def files_in(root: str, orders: str) -> type[asyncssh.SFTPServer]:
    async def obey() -> None:
        while orders_in(orders).get("stalls"):
            await asyncio.sleep(0.02)
        if orders_in(orders).get("broken"):
            raise asyncssh.SFTPFailure("/srv/geheim: disk on fire")

    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: Any) -> None:
            super().__init__(chan, chroot=root.encode())

        async def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
            await obey()
            return super().open(path, pflags, attrs)

        async def rename(self, oldpath: bytes, newpath: bytes) -> None:
            await obey()
            super().rename(oldpath, newpath)

        async def mkdir(self, path: bytes, attrs: Any) -> None:
            await obey()
            super().mkdir(path, attrs)

    return Files


async def serve(root: str, orders: str) -> None:
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    user_key = asyncssh.generate_private_key("ssh-ed25519")
    keys = Path(root).with_name("authorized_keys")
    keys.write_bytes(user_key.export_public_key())
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Login,
        server_host_keys=[host_key],
        authorized_client_keys=str(keys),
        sftp_factory=files_in(root, orders),
    )
    told = {
        "port": listener.get_port(),
        "host_key": host_key.export_public_key().decode().strip(),
        "fingerprint": host_key.get_fingerprint(),
        "user_key": user_key.export_private_key().decode(),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    await listener.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
