"""The broker's HTTP side: events in, faults and figures for those who test with it."""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

import uvicorn
from pydantic import ValidationError

from infra.local.broker.config import BrokerConfig
from infra.local.broker.delivery import Deliveries
from infra.local.broker.event import Event, NotACloudEvent, UnsupportedMode
from infra.local.broker.faults import Faults, Misfortune
from infra.local.broker.stats import Stats

_MAX_BODY = 1024 * 1024

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Response:
    def __init__(self, status: int, body: str = "", headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = body.encode()
        self.headers = {"content-type": "text/plain; charset=utf-8", **(headers or {})}


def _json(body: str) -> Response:
    return Response(200, body, {"content-type": "application/json"})


class Broker:
    """An ASGI application."""

    def __init__(self, config: BrokerConfig) -> None:
        self._misfortune = Misfortune(config.faults)
        self._deliveries = Deliveries(config, lambda: self._misfortune)
        self._refused = 0
        self._routes: dict[tuple[str, str], Callable[[Scope, Receive], Awaitable[Response]]] = {
            ("POST", "/"): self._publish,
            ("OPTIONS", "/"): self._handshake,
            ("GET", "/readyz"): self._ready,
            ("GET", "/stats"): self._stats,
            ("GET", "/faults"): self._show_faults,
            ("PUT", "/faults"): self._set_faults,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._route(scope, receive)
        except _Refused as exc:
            response = Response(exc.status, f"{exc}\n")
        headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
        headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    def close(self) -> None:
        self._deliveries.close()

    async def _route(self, scope: Scope, receive: Receive) -> Response:
        method, path = scope["method"], scope["path"]
        if handler := self._routes.get((method, path)):
            return await handler(scope, receive)
        allowed = ", ".join(known for known, at in self._routes if at == path)
        if allowed:
            return Response(405, f"{path} takes {allowed}\n", {"allow": allowed})
        return Response(404, "events are posted to /\n")

    async def _publish(self, scope: Scope, receive: Receive) -> Response:
        body = await _body(receive)
        try:
            event = Event.from_http(scope["headers"], body)
        except UnsupportedMode as exc:
            raise self._refusal(415, str(exc)) from None
        except NotACloudEvent as exc:
            raise self._refusal(400, str(exc)) from None
        if event is None:
            raise self._refusal(400, "not a CloudEvent: neither ce- headers nor structured mode")
        self._deliveries.accept(event)
        if self._misfortune.tells_the_producer_500():
            return Response(500)
        return Response(202)

    def _refusal(self, status: int, text: str) -> _Refused:
        self._refused += 1
        return _Refused(status, text)

    async def _handshake(self, scope: Scope, receive: Receive) -> Response:
        """The webhook handshake: CloudEvents web hooks, 4."""
        headers = dict(scope["headers"])
        origin = headers.get(b"webhook-request-origin", b"*").decode("latin-1")
        return Response(
            200,
            "",
            {
                "allow": "POST, OPTIONS",
                "webhook-allowed-origin": origin,
                "webhook-allowed-rate": "*",
            },
        )

    async def _ready(self, scope: Scope, receive: Receive) -> Response:
        return Response(200, "ready\n")

    async def _stats(self, scope: Scope, receive: Receive) -> Response:
        return _json(self.stats().model_dump_json())

    async def _show_faults(self, scope: Scope, receive: Receive) -> Response:
        return _json(self._misfortune.faults.model_dump_json())

    async def _set_faults(self, scope: Scope, receive: Receive) -> Response:
        if not ip_address(scope["client"][0]).is_loopback:
            raise _Refused(403, "only from this machine")
        body = await _body(receive)
        try:
            faults = Faults.model_validate_json(body)
        except ValidationError as exc:
            places = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors()]
            raise _Refused(400, "; ".join(places)) from None
        self._misfortune = Misfortune(faults)
        return _json(faults.model_dump_json())

    def stats(self) -> Stats:
        counts = self._deliveries.counts
        return Stats(
            refused=self._refused,
            pending=self._deliveries.pending,
            **{name: counts[name] for name in Stats.model_fields if name in counts},
        )


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the body was cut off")
        size += len(message.get("body", b""))
        if size > _MAX_BODY:
            raise _Refused(413, f"an event has at most {_MAX_BODY} bytes")
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def server(broker: Broker, port: int) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            broker,
            host="127.0.0.1",
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
    )
