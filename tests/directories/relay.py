"""Run a server whose ports are fixed in a network of its own, and carry connections to it.

Run by path, as the first process there: `python -I -S relay.py SOCKETS PROGRAM ARGUMENT...`
SOCKETS are listening ones of the network outside, `7:389,8:636`: number, and port of the server.
"""

import asyncio
import contextlib
import fcntl
import socket
import struct
import sys

HOST = "127.0.0.1"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
POLL = 0.02


def bring_loopback_up() -> None:
    with socket.socket() as any_socket:
        request = struct.pack("16sH22x", b"lo", 0)
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, request)
        (flags,) = struct.unpack("16xH22x", answer)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


async def relay(listening: socket.socket, port: int) -> asyncio.Server:
    """What waits at the socket is taken as soon as the server listens."""
    while True:
        try:
            _, probe = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(POLL)
        else:
            probe.close()
            break

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside_reader, inside_writer = await asyncio.open_connection(HOST, port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(pump(reader, inside_writer), pump(inside_reader, writer))

    return await asyncio.start_server(carry, sock=listening)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One end's end is the other's, too."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def main() -> int:
    sockets, *argv = sys.argv[1:]
    bring_loopback_up()
    program = await asyncio.create_subprocess_exec(*argv)
    ended = asyncio.ensure_future(program.wait())
    relays = [
        asyncio.ensure_future(relay(socket.socket(fileno=int(number)), int(port)))
        for number, _, port in (each.partition(":") for each in sockets.split(","))
    ]
    code = await ended
    for each in relays:
        each.cancel()
    return code


if __name__ == "__main__":
    # As the first process it takes all others of its process namespace along when it ends.
    sys.exit(asyncio.run(main()))
