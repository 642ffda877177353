"""A server of Form-Solutions, as far as its interfaces are known, and what can go wrong with it."""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.ports import HOST

TENANT, KEY, FORM = "88888888-8888", "s3cret-key", "AS_940000"
V2 = f"/submission/api/v2/submission/{TENANT}/{FORM}"
RETRIEVE = "/submission/retrieve"


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    # Ends the connection after so many bytes of the body.
    cut_after: int | None = None


def a_data_set(id_: str, **fields: str) -> str:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<form><transId>{id_}</transId>{inside}</form>"


def a_submission(id_: str, **members: Any) -> dict[str, Any]:
    xml = a_data_set(id_, Nachname="Mustermann")
    return {
        "transID": id_,
        "userID": "22222222-2222-0126",
        "identifier": FORM,
        "applicantName": "Mustermann",
        "status": "NEW",
        "payload": None,
        "pdf": None,
        "xml": base64.b64encode(xml.encode()).decode(),
        "attachments": None,
        "submissionDate": 1455801335305,
        **members,
    }


class FormsServer:
    """`before` may answer a request in its place; `pages` is how many a page of the list has."""

    def __init__(self) -> None:
        self.submissions: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.before: Callable[[str, str], Reply | None] = lambda method, path: None
        self.pages: int | None = None
        self.key = KEY
        self.lock = threading.Lock()

    def add(self, *ids: str, **members: Any) -> None:
        self.submissions += [a_submission(id_, **members) for id_ in ids]

    def status_of(self, id_: str) -> str:
        (status,) = {each["status"] for each in self.submissions if each["transID"] == id_}
        return str(status)

    def fetched(self) -> Counter[str]:
        """How often each submission was asked for."""
        paths = [urlsplit(path).path for method, path in self.requests if method == "GET"]
        details = [path for path in paths if path.startswith((f"{V2}/", f"{RETRIEVE}/data/"))]
        return Counter(unquote(path.rpartition("/")[2]) for path in details)

    def answer(self, method: str, target: str, headers: dict[str, str]) -> Reply:
        with self.lock:
            self.requests.append((method, target))
            self.headers.append(headers)
        expected = "Basic " + base64.b64encode(f"{TENANT}:{self.key}".encode()).decode()
        if headers.get("authorization") != expected:
            return Reply(401)
        given = self.before(method, target)
        return self._answer(method, urlsplit(target)) if given is None else given

    def _answer(self, method: str, target: Any) -> Reply:
        parts = [unquote(part) for part in target.path.split("/")[1:]]
        match method, parts:
            case "GET", ["submission", "api", "v2", "submission", _, form]:
                return self._list(form, parse_qs(target.query), target.path)
            case "GET", ["submission", "api", "v2", "submission", _, _, id_]:
                return self._detail(id_)
            case "POST", ["submission", "api", "v2", "submission", _, _, id_, "status", status]:
                return self._set(id_, status)
            case "GET", ["submission", "retrieve", "transactionIDs", _, form]:
                kept = [each for each in self._of(form) if each["status"] != "DELETED"]
                return _json([each["transID"] for each in kept])
            case "GET", ["submission", "retrieve", "data", _, id_]:
                return self._detail(id_, only=("xml", "pdf", "attachments"))
            case "POST", ["submission", "retrieve", "setStatus", status, _, id_]:
                return self._set(id_, status)
        return Reply(404)

    def _of(self, form: str) -> list[dict[str, Any]]:
        return [each for each in self.submissions if each["identifier"] == form]

    def _list(self, form: str, query: dict[str, list[str]], path: str) -> Reply:
        found = [
            {**each, "pdf": None, "xml": None, "attachments": None}
            for each in self._of(form)
            if "status" not in query or each["status"] in query["status"]
        ]
        headers = {"Last-Modified": "Wed, 02 Sep 2026 10:00:00 GMT"}
        if self.pages is not None:
            page = int(query.get("page", ["0"])[0])
            rest = found[(page + 1) * self.pages :]
            found = found[page * self.pages :][: self.pages]
            if rest:
                statuses = "&".join(f"status={status}" for status in query.get("status", []))
                headers["Link"] = f'<{path}?{statuses}&page={page + 1}>; rel="next"'
        return _json(found, headers)

    def _detail(self, id_: str, only: tuple[str, ...] = ()) -> Reply:
        found = [each for each in self.submissions if each["transID"] == id_]
        if not found:
            return Reply(404)
        kept = {name: value for name, value in found[0].items() if not only or name in only}
        return _json(kept)

    def _set(self, id_: str, status: str) -> Reply:
        for each in self.submissions:
            if each["transID"] == id_:
                each["status"] = status
        return Reply(204)


def _json(document: Any, headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps(document).encode()
    return Reply(200, body, {"Content-Type": "application/json", **(headers or {})})


@contextmanager
def forms_server() -> Iterator[tuple[FormsServer, str]]:
    """The server and its address."""
    server = FormsServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.answer(self.command, self.path, headers)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut_after])
            self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    http = ThreadingHTTPServer((HOST, 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server, f"http://{HOST}:{http.server_port}"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
