"""What a process has done to the world outside, counted: nothing else survives it."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

Mark = tuple[int, str]
_IO = Path("/proc/self/io")
_CHANGES = (
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
    "shutil.rmtree",
    "socket.connect",
)
_FOR_READING = 0o3


class Effects:
    """Of this whole process, from now on: it cannot be undone, so only in a child.

    Between two lines with the same mark nothing was sent to the database or another server, and
    nothing was written to a disk.
    """

    def __init__(self) -> None:
        self._count = 0
        for owner, name in (
            (psycopg.Connection, "wait"),
            (socket.socket, "send"),
            (socket.socket, "sendall"),
        ):
            setattr(owner, name, self._counted(getattr(owner, name)))
        sys.addaudithook(self._see)

    def mark(self) -> Mark:
        return self._count, _IO.read_text().splitlines()[1]  # bytes written by the process

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self._count += 1
            return method(*given, **named)

        return counted

    def _see(self, event: str, given: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(given[2], int) and given[2] & _FOR_READING
        if event in _CHANGES or writes:
            self._count += 1
