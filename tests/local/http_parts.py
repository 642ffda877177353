"""A subscriber that answers as a test says, and a broker in a thread of its own."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.broker.config import BrokerConfig
from infra.local.broker.ingress import Broker, server

DEADLINE = 30.0


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Close the connection without having said so, as a server does whose patience has ended.
    hang_up: bool = False


class Subscriber:
    """Keeps what it received; `answer` may block, raise nothing and be replaced at any time."""

    def __init__(self, answer: Callable[[Received], Answer]) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def bodies(self) -> list[bytes]:
        return [received.body for received in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet, or the peer's delayed acknowledgement costs 40 ms.
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                received = Received(self.path, headers, body)
                subscriber.received.append(received)
                answer = subscriber.answer(received)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                self.close_connection = self.close_connection or answer.hang_up

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

        return Handler


@contextmanager
def a_subscriber(
    answer: Callable[[Received], Answer] = lambda received: Answer(),
) -> Iterator[Subscriber]:
    subscriber = Subscriber(answer)
    try:
        yield subscriber
    finally:
        subscriber.stop()


@dataclass(frozen=True)
class BrokerAddress:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[http.client.HTTPMessage, int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return response.headers, response.status, response.read()
        finally:
            connection.close()

    def publish(self, body: bytes = b"{}", **attributes: str) -> int:
        """Post an event in binary mode; `ce_id="7"` or `ce_round="2"` changes or adds one."""
        _, status, _ = self.request("POST", "/", body, an_event(**attributes))
        return status

    def stats(self) -> dict[str, int]:
        _, _, body = self.request("GET", "/stats")
        stats: dict[str, int] = json.loads(body)
        return stats

    def settled(self) -> dict[str, int]:
        """The figures once nothing is under way any more."""
        eventually(lambda: self.stats()["pending"] == 0)
        return self.stats()


def an_event(**attributes: str) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/tests",
        "ce-type": "asked",
        **{name.replace("_", "-"): value for name, value in attributes.items()},
    }


@contextmanager
def a_broker(config: Mapping[str, Any]) -> Iterator[BrokerAddress]:
    """The broker itself, with a port that the system chose."""
    broker_config = BrokerConfig.model_validate(config)
    ready = threading.Event()
    state: dict[str, Any] = {}

    async def run() -> None:
        broker = Broker(broker_config)
        state["server"] = uvicorn_server = server(broker, 0)
        serving = asyncio.ensure_future(uvicorn_server.serve())
        while not uvicorn_server.started and not serving.done():
            await asyncio.sleep(0.005)
        state["port"] = uvicorn_server.servers[0].sockets[0].getsockname()[1]
        ready.set()
        await serving
        broker.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(DEADLINE)
    try:
        yield BrokerAddress(state["port"])
    finally:
        state["server"].should_exit = True
        thread.join()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
