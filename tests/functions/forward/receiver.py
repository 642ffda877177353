"""A receiver of webhooks that can be told how to misbehave, and keeps what it was sent."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook

PROBLEM = json.dumps(
    {"title": "Ungültig", "detail": "Das Flurstück\u0000 fehlt.", "status": 422}
).encode()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """`script` is how the next requests are answered, one word each; then all are accepted."""

    def __init__(self) -> None:
        self.script: list[str] = []
        self.requests: list[tuple[str, bytes]] = []
        self.held: dict[str, bytes] = {}
        self.arrived = threading.Event()
        self.go_on = threading.Event()
        self.url = ""

    def take(self, message_id: str, body: bytes, headers: dict[str, str]) -> str:
        Webhook(SECRET).verify(body, headers)
        self.requests.append((message_id, body))
        word = self.script.pop(0) if self.script else "accept"
        if word in ("accept", "accept_then_cut", "no_id", "hold", "drip_body", "202"):
            self.held.setdefault(message_id, body)
        self.arrived.set()
        return word


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._play(self.server.receiver.take(headers["webhook-id"], body, headers))

    def _play(self, word: str) -> None:
        if word in ("problem", "202") or not word.isdigit():
            self._play_more(word)
        else:
            self._answer(int(word), b"{}")

    def _play_more(self, word: str) -> None:
        if word == "problem":
            self._answer(422, PROBLEM)
        elif word in ("cut", "accept_then_cut"):
            self._cut()
        elif word == "slow":
            self.server.receiver.go_on.wait(30)
            self._cut()
        elif word == "drip":
            self._drip(b"", b"HTTP/1.1 200 OK\r\nx-slow: " + b"z" * 4000)
        elif word == "drip_body":
            self._drip(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n", b"z" * 4000)
        elif word == "no_id":
            self._answer(200, b"<html>thank you</html>")
        else:
            if word == "hold":
                self.server.receiver.go_on.wait(30)
            message_id = self.headers["webhook-id"]
            self._answer(
                202 if word == "202" else 200, json.dumps({"id": f"FV-{message_id[:8]}"}).encode()
            )

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, at_once: bytes, slowly: bytes) -> None:
        try:
            self.wfile.write(at_once)
            for byte in slowly:
                self.wfile.write(bytes([byte]))
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def _cut(self) -> None:
        # With nothing lingering, closing is a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # of a connection that was cut
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
        """The tests look at `requests`."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.receiver = receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that was cut on purpose."""


@contextmanager
def a_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = Server(receiver)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/cases"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
