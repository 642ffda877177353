"""A stand-in for a specialist system: takes webhooks, checks their signature, keeps nothing.

python -m infra.local.receiver --port 8090, with the secret in DEMO_RECEIVER_SECRET
"""

import argparse
import base64
import json
import os
import secrets
import sys
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog
from standardwebhooks import Webhook, WebhookVerificationError

from infra.local.ports import HOST, answers, free_port
from infra.local.supervisor import Part
from shared.runtime.logging import configure

URL = "DEMO_RECEIVER_URL"
SECRET = "DEMO_RECEIVER_SECRET"  # noqa: S105 - the name of the variable
LARGEST = 64 * 1024 * 1024

_logger = structlog.get_logger()


class DemoReceiver:
    """As a part. Each start draws a new secret; whoever sends to it gets the same one."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.port = free_port()
        self._secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"

    def environment(self) -> dict[str, str]:
        return {URL: f"http://{HOST}:{self.port}/cases", SECRET: self._secret}

    def part(self) -> Part:
        return Part(
            name="receiver",
            argv=[sys.executable, "-m", "infra.local.receiver", f"--port={self.port}"],
            env={"PATH": os.environ.get("PATH", os.defpath), SECRET: self._secret},
            cwd=Path(__file__).parents[2],
            log=self._state / "log" / "receiver.log",
            ready=lambda: answers(self.port),
        )


def receipt_for(message_id: str) -> str:
    """The same message always gets the same file reference."""
    return f"FV-{int(sha256(message_id.encode()).hexdigest()[:8], 16):010d}"


def handler(webhook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            if length > LARGEST:
                self.close_connection = True
                self._answer(413, {})
                return
            body = self.rfile.read(length)
            try:
                webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
            except WebhookVerificationError as exc:
                _logger.warning("message_refused", reason=str(exc))
                self._answer(401, {})
                return
            message_id = self.headers["webhook-id"]
            _logger.info("message_accepted", message_id=message_id, size=length)
            self._answer(200, {"id": receipt_for(message_id)})

        def _answer(self, status: int, document: dict[str, str]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited
            """Our own log line says what is worth knowing."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.receiver")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    configure()
    server = ThreadingHTTPServer((HOST, options.port), handler(Webhook(os.environ[SECRET])))
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
