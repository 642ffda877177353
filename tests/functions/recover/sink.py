"""A broker's front door, and the timer that knocks at recover's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.ports import HOST

PING = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/apis/v1/namespaces/lotse/pingsources/recover-every-minute",
    "ce-type": "dev.knative.sources.ping",
}


class Sink(ThreadingHTTPServer):
    """A broker's front door that writes down what it gets."""

    status = 202

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Taker)
        self.taken: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/"


class _Taker(BaseHTTPRequestHandler):
    server: Sink
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(({name.lower(): v for name, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def a_sink() -> Iterator[Sink]:
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
