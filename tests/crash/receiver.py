"""A specialist system that takes webhooks, and now and then fails after it has taken one."""

import json
import random
import threading
from collections import defaultdict
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`bodies`: message id -> the hashes of all bodies that came under it."""

    def __init__(self, seed: int) -> None:
        self.bodies: dict[str, set[str]] = defaultdict(set)
        self.contents: dict[str, dict[str, Any]] = {}
        self._draw = random.Random(f"{seed} receiver")
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.take(self.headers["webhook-id"], body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/cases"

    def take(self, message_id: str, body: bytes) -> int:
        with self._lock:
            self.bodies[message_id].add(sha256(body).hexdigest())
            self.contents[message_id] = json.loads(body)
            return 500 if self._draw.random() < 0.1 else 204

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
