"""A real clamd that knows two signatures of ours and nothing else, and one that never answers."""

import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.ports import HOST

MARKER = b"ANTRAGSLOTSE-TEST-SIGNATURE"
MARKER_NAME = "Antragslotse.Marker.UNOFFICIAL"
# The test file of all scanners; in pieces, so that none of them takes this file for it.
EICAR = b"".join(
    [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI", b"CAR-STANDARD-ANTI", b"VIRUS-TEST-FILE!$H+H*"]
)
EICAR_NAME = "Eicar-Test.UNOFFICIAL"
LIMIT = 1024 * 1024


def program() -> str | None:
    return shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


class ClamdServer:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        database = folder / "database"
        database.mkdir(parents=True)
        (database / "ours.ndb").write_text(
            f"Antragslotse.Marker:0:*:{MARKER.hex()}\nEicar-Test:0:*:{EICAR.hex()}\n"
        )
        self._socket = folder / "clamd.sock"
        (folder / "clamd.conf").write_text(
            f"Foreground yes\nDatabaseDirectory {database}\nTemporaryDirectory {folder}\n"
            f"TCPSocket {port}\nTCPAddr {HOST}\nLocalSocket {self._socket}\n"
            f"StreamMaxLength {LIMIT}\nAlertExceedsMax yes\nMaxScanSize 100M\n"
        )

    @property
    def url(self) -> str:
        return f"tcp://{HOST}:{self._port}"

    @property
    def socket_url(self) -> str:
        return f"unix:{self._socket}"

    def start(self) -> None:
        with (self._folder / "output.log").open("ab") as output:
            self._process = subprocess.Popen(
                [program() or "clamd", f"--config-file={self._folder / 'clamd.conf'}"],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + 30
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection((HOST, self._port), timeout=1).close()
                # It is bound before anybody listens there, and after the other one.
                with socket.socket(socket.AF_UNIX) as local:
                    local.connect(str(self._socket))
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError(f"clamd did not start: {(self._folder / 'output.log').read_text()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None


class _Silent(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Listener)
        self.scanning = threading.Event()
        self.released = threading.Event()


class _Listener(socketserver.BaseRequestHandler):
    server: _Silent

    def handle(self) -> None:
        if self.request.recv(100).startswith(b"zPING"):
            self.request.sendall(b"PONG\0")
            return
        self.server.scanning.set()
        self.server.released.wait(60)


@contextmanager
def a_silent_clamd() -> Iterator[tuple[str, threading.Event]]:
    """It is there, takes a file, and has no verdict on it. The event: it has begun to take one."""
    with _Silent() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"tcp://{HOST}:{server.server_address[1]}", server.scanning
        server.released.set()
        server.shutdown()
        thread.join()
