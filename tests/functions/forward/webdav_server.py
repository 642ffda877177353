"""A real WebDAV server: WsgiDAV on cheroot. `python -m … ROOT ORDERS`."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

from tests.functions.forward.served import PASSWORD, USER, orders_in


def main(root: str, orders: str) -> None:
    dav = WsgiDAVApp(
        {
            "provider_mapping": {"/dav": root},
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
            "property_manager": True,
            "lock_storage": True,
        }
    )
    seen = Path(orders).with_name("authorizations")

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with seen.open("a") as file:
            file.write(environ.get("HTTP_AUTHORIZATION", "") + "\n")
        while orders_in(orders).get("stalls"):
            time.sleep(0.02)
        if status := orders_in(orders).get("status"):
            environ["wsgi.input"].read()
            start_response(status, [("Content-Length", "0")])
            return [b""]
        answer: Iterable[bytes] = dav(environ, start_response)
        return answer

    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=16)
    server.prepare()
    sys.stdout.write(json.dumps({"port": server.bind_addr[1]}) + "\n")
    sys.stdout.flush()
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
