"""A real WebDAV server (WsgiDAV on cheroot) over a folder, which can be told to fail."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

USER, PASSWORD = "lotse", "geheim"


class WebDavServer:
    """`status` is what it answers to everything, if given; `stalls` makes it answer nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.status: str | None = None
        self.stalls = False
        self.go_on = Event()
        self.port = 0
        self._app = WsgiDAVApp(
            {
                "provider_mapping": {"/dav": str(root)},
                "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
                "http_authenticator": {"accept_basic": True, "accept_digest": False},
                "verbose": 0,
                "logging": {"enable": False},
                "property_manager": True,
                "lock_storage": True,
            }
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/dav"

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self.stalls:
            self.go_on.wait(30)
        if self.status is not None:
            environ["wsgi.input"].read()
            start_response(self.status, [("Content-Length", "0")])
            return [b""]
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


@contextmanager
def a_webdav_server(root: Path) -> Iterator[WebDavServer]:
    app = WebDavServer(root)
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=8)
    server.prepare()
    app.port = server.bind_addr[1]
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        app.go_on.set()
        server.stop()
        thread.join()
