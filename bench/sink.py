"""Takes every event and does nothing with it: the broker's place, at next to no cost.

Run as `python -m bench.sink http://HOST:PORT`.
"""

import asyncio
import sys
from urllib.parse import urlsplit

_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.lower().split(b"\r\n")
            length = next(line for line in lines if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            writer.write(_TAKEN)
    except asyncio.IncompleteReadError:
        pass
    finally:
        writer.close()


async def main(url: str) -> None:
    where = urlsplit(url)
    server = await asyncio.start_server(take, where.hostname, where.port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
