"""A load client that costs little: prepared bytes over kept-alive sockets, one thread each."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What came of it. `statuses` counts the answers by status."""

    requests: int
    seconds: float
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    def require_success(self) -> None:
        if set(self.statuses) != {200}:
            raise RuntimeError(f"answered {self.statuses}, which is not what is measured")


def in_turns(requests: list[bytes], connections: int) -> Callable[[int], Iterator[bytes]]:
    """Each request once, dealt out to the connections."""
    return lambda number: iter(requests[number::connections])


def request_bytes(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(
    port: int,
    make: Callable[[int], Iterator[bytes]],
    *,
    connections: int,
    seconds: float | None = None,
) -> Load:
    """Send what `make(connection number)` yields, each connection one after the other.

    Ends when every iterator is empty, or after `seconds`.
    """
    end = time.perf_counter() + seconds if seconds else float("inf")
    statuses: list[dict[int, int]] = [{} for _ in range(connections)]
    started = time.perf_counter()
    threads = [
        threading.Thread(target=_send, args=(port, make(number), statuses[number], end))
        for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    total: dict[int, int] = {}
    for counts in statuses:
        for status, count in counts.items():
            total[status] = total.get(status, 0) + count
    return Load(sum(total.values()), elapsed, total)


def _send(port: int, requests: Iterator[bytes], statuses: dict[int, int], end: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            if time.perf_counter() > end:
                return
            connection.sendall(request)
            status = read_answer(connection)
            statuses[status] = statuses.get(status, 0) + 1


def read_answer(connection: socket.socket) -> int:
    """Read one answer to its end; return its status. Raise ConnectionError if it is cut."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += _more(connection)
    return int(head[9:12])


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server cut the connection")
    return data
