"""Calls to a server of Form-Solutions: HTTP Basic, no redirect, no proxy, an end to each."""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

import urllib3
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from functions.receive.incoming import CHUNK
from functions.receive.polling.source import PollFailed
from shared.domain.configuration.form_solutions import Pull, server_address
from shared.domain.errors import Unavailable
from shared.runtime.outgoing import failure_code, open_connection
from shared.secrets import resolve

_BROKEN = (urllib3.exceptions.HTTPError, OSError, ValueError)


class Reply:
    """An answer of 2xx or 304 on its way in."""

    def __init__(self, answer: BaseHTTPResponse, ends: float) -> None:
        self._answer = answer
        self._ends = ends
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers

    def pieces(self) -> Iterator[bytes]:
        """Raise PollFailed if it breaks off or takes too long."""
        while True:
            try:
                data = self._answer.read1(CHUNK, decode_content=False)
            except _BROKEN as exc:
                code = failure_code(exc)
                raise PollFailed("truncated" if code == "connection" else code) from None
            if time.monotonic() >= self._ends:
                raise PollFailed("timeout")
            if not data:
                return
            yield data


class Client:
    def __init__(self, pull: Pull) -> None:
        """Raise PollFailed if it cannot be called with what is configured."""
        self._pull = pull
        try:
            base, key = _resolved(pull.base_url), resolve(pull.api_key)
            self._base = parse_url(server_address(base))
        except Unavailable:
            raise PollFailed("secret-missing", stops=True) from None
        except (ValueError, urllib3.exceptions.LocationParseError):
            raise PollFailed("bad-address", stops=True) from None
        if not key:
            raise PollFailed("secret-missing", stops=True)
        if not pull.may_call(base):
            raise PollFailed("address-not-https", stops=True)
        proof = base64.b64encode(f"{pull.tenant}:{key}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {proof}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "antragslotse",
        }

    def target(self, template: str, query: Sequence[tuple[str, str]] = (), **places: str) -> str:
        escaped = {name: quote(value, safe="") for name, value in places.items()}
        path = (self._base.path or "").rstrip("/") + template.format(**escaped)
        return f"{path}?{urlencode(query)}" if query else path

    def address(self, target: str) -> str:
        return f"{self._base.scheme}://{self._base.netloc}{target}"

    def linked(self, link: str) -> str:
        """The target of an absolute address; raise PollFailed if it is another server's."""
        url = parse_url(link)
        if _origin(url) != _origin(self._base):
            raise PollFailed("other-server", stops=True)
        return url.request_uri

    @contextmanager
    def call(
        self, method: str, target: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[Reply]:
        """Raise PollFailed for any other answer than 2xx and 304."""
        pull = self._pull
        ends = time.monotonic() + pull.call_seconds
        with open_connection(self._base, pull.call_seconds, ca_file=pull.ca_file) as connection:
            connection.timeout = pull.timeout_seconds
            try:
                connection.request(
                    method,
                    target,
                    headers={**self._headers, **(headers or {})},
                    preload_content=False,
                    decode_content=False,
                )
                answer = connection.getresponse()
            except _BROKEN as exc:
                code = failure_code(exc)
                raise PollFailed(code, stops=code in ("connection", "tls")) from None
            with closing(answer):
                _check(answer)
                yield Reply(answer, ends)


def _check(answer: BaseHTTPResponse) -> None:
    status = answer.status
    if status in (401, 403):
        raise PollFailed("unauthorized", stops=True)
    if status == 429:
        seconds = _seconds(answer.headers.get("Retry-After"))
        raise PollFailed("too-many-requests", stops=True, retry_after=seconds)
    if status != 304 and not 200 <= status < 300:
        code = "redirect" if 300 <= status < 400 else f"http-{status}"
        raise PollFailed(code, retry_after=_seconds(answer.headers.get("Retry-After")))
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise PollFailed("bad-encoding")


def http_time(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 8:
        return float(retry_after)
    moment = http_time(retry_after)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _resolved(base_url: str) -> str:
    return resolve(base_url) if base_url.startswith(("env:", "file:")) else base_url


def _origin(url: Url) -> tuple[str | None, str | None, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme or "")
