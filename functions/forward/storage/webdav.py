"""A WebDAV server: plain HTTP verbs, each on a connection of its own, cut when time is up."""

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from urllib.parse import quote

import urllib3
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url

from functions.forward.destination import Deadline, NotDelivered, Refused
from functions.forward.storage import Sessionless
from shared.runtime.outgoing import failure_code, open_connection

_PIECE = 256 * 1024
# Nothing that is mended at the server, or that passes, makes it take these.
_FINAL = {400, 413, 414, 415, 422}
_THERE = (200, 201, 204, 207)
_GONE = 404


class WebDavStorage(Sessionless):
    moves = True

    def __init__(
        self, address: Url, authorization: str | None, ca_file: str | None, deadline: Deadline
    ) -> None:
        self._address = address
        self._base = (address.path or "").rstrip("/")
        self._headers = {"user-agent": "antragslotse"}
        if authorization is not None:
            self._headers["authorization"] = authorization
        self._ca_file = ca_file
        self._deadline = deadline
        self._made: set[str] = set()

    def size(self, path: str) -> int | None:
        with self._asked("HEAD", path) as answer:
            if answer.status == _GONE:
                return None
            _check(answer)
            told = answer.headers.get("content-length")
        if told is not None:
            return int(told) if told.isdigit() else None
        return sum(map(len, self.read(path)))

    def read(self, path: str) -> Iterator[bytes]:
        with self._asked("GET", path) as answer:
            _check(answer)
            yield from answer.stream(_PIECE)
            self._deadline.left()  # an answer that was cut by then may read as a whole one

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        self._make(_above(path))
        headers = {
            "content-length": str(size),
            "content-type": media_type or "application/octet-stream",
        }
        with self._asked("PUT", path, headers, pieces) as answer:
            _check(answer)

    def move(self, source: str, target: str) -> bool:
        self._make(_above(target))
        headers = {"destination": self._url(target), "overwrite": "F"}
        with self._asked("MOVE", source, headers) as answer:
            if answer.status == 412:
                return False
            _check(answer)
            return True

    def remove(self, path: str) -> None:
        with self._asked("DELETE", path) as answer:
            if answer.status != _GONE:
                _check(answer)
        self._made = {known for known in self._made if not f"{known}/".startswith(f"{path}/")}

    def _make(self, folder: str) -> None:
        if not folder or folder in self._made:
            return
        with self._asked("MKCOL", folder) as answer:
            status = answer.status
            if status not in (405, 409):  # it is there; what is above it is not
                _check(answer)
        if status == 409:
            if not _above(folder):
                raise NotDelivered("http_409", 409)
            self._make(_above(folder))
            with self._asked("MKCOL", folder) as answer:
                if answer.status != 405:
                    _check(answer)
        self._made.add(folder)

    @contextmanager
    def _asked(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: Iterable[bytes] | None = None,
    ) -> Iterator[BaseHTTPResponse]:
        with open_connection(self._address, self._deadline.left(), ca_file=self._ca_file) as opened:
            try:
                opened.request(
                    method,
                    f"{self._base}/{quote(path)}",
                    body=body,
                    headers={**self._headers, **(headers or {})},
                    preload_content=False,
                    decode_content=False,
                )
                answer = opened.getresponse()
                self._deadline.left()
                yield answer
            except (urllib3.exceptions.HTTPError, HTTPException, OSError) as exc:
                self._deadline.left()
                raise NotDelivered(failure_code(exc)) from None

    def _url(self, path: str) -> str:
        return Url(
            self._address.scheme,
            host=self._address.host,
            port=self._address.port,
            path=f"{self._base}/{quote(path)}",
        ).url


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _check(answer: BaseHTTPResponse) -> None:
    status = answer.status
    if status in _THERE:
        return
    if status in _FINAL:
        raise Refused(f"http_{status}", status)
    raise NotDelivered(f"http_{status}", status)
