"""What is fetched from Form-Solutions: the Submission-API v2, and the older retrieve service.

Public: the lists, HTTP Basic, the filter by status, and of the older service all three calls. The
calls of v2 for one submission and for its status are own design; settings replace both.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from functions.receive.delivery import Delivery, Files, Limits
from functions.receive.platforms.form_solutions.client import Client, Reply, http_time
from functions.receive.platforms.form_solutions.document import MAX_TRANSACTION_ID
from functions.receive.platforms.form_solutions.fetched import read_submission
from functions.receive.platforms.form_solutions.sieve import JsonSieve, Place, StringWriter
from functions.receive.polling.source import Entry, Listing, PollFailed
from functions.receive.refusal import Refused
from shared.domain.configuration.form_solutions import FormSolutions, Paths, Pull
from shared.domain.configuration.senders import Sender
from shared.domain.exact_json import NotJson, NumberLiteral, read_json, write_json

MOST_PAGES = 1000
LONGEST_LIST = 8 * 1024 * 1024
_DEEPEST_LIST = 20
_BULKY = frozenset({"pdf", "xml", "attachments"})
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?')


@dataclass(frozen=True, slots=True)
class Api:
    list: str
    detail: str
    status: str
    filters: bool


_V2 = "/submission/api/v2/submission/{tenant}/{form}"
APIS: Mapping[str, Api] = MappingProxyType(
    {
        "v2": Api(
            list=_V2,
            detail=f"{_V2}/{{transaction}}",
            status=f"{_V2}/{{transaction}}/status/{{status}}",
            filters=True,
        ),
        "retrieve": Api(
            list="/submission/retrieve/transactionIDs/{tenant}/{form}",
            detail="/submission/retrieve/data/{tenant}/{transaction}",
            status="/submission/retrieve/setStatus/{status}/{tenant}/{transaction}",
            filters=False,
        ),
    }
)


class FormSolutionsSource:
    """The port `Source`. One for each poll."""

    def __init__(self, sender: Sender, pull: Pull) -> None:
        """Raise PollFailed if it cannot be called with what is configured."""
        self._sender = sender
        self._pull = pull
        self._api = _configured(APIS[pull.api], pull.paths)
        self._client = Client(pull)

    @property
    def forms(self) -> Iterable[str]:
        return [form.id for form in (self._sender.form_solutions or FormSolutions()).forms]

    @property
    def reports(self) -> bool:
        return self._pull.report is not None

    def listed(self, form: str, since: datetime | None) -> Listing:
        found: list[Entry | None] = []
        cursor: datetime | None = None
        for reply in self._pages(form, since):
            found += [self._entry(form, each) for each in _elements(reply)]
            if cursor is None:  # what is changed while we read on is newer than the first page
                cursor = http_time(reply.headers.get("Last-Modified") or reply.headers.get("Date"))
        entries = [each for each in found if each is not None and each.transaction_id]
        unreadable = sum(each is not None and not each.transaction_id for each in found)
        return Listing(tuple(entries), cursor if self._pull.only_modified else None, unreadable)

    def fetch(self, entry: Entry, files: Files, limits: Limits) -> Delivery:
        target = self._target(self._api.detail, entry)
        with self._client.call("GET", target) as reply:
            return read_submission(reply.pieces(), entry, self._sender, files, limits)

    def report(self, entry: Entry) -> None:
        target = self._target(self._api.status, entry, status=self._pull.report or "")
        with self._client.call("POST", target, {"Content-Length": "0"}):
            pass

    def _target(self, template: str, entry: Entry, status: str = "") -> str:
        return self._client.target(
            template,
            tenant=self._pull.tenant,
            form=entry.form,
            transaction=entry.transaction_id,
            status=status,
        )

    def _pages(self, form: str, since: datetime | None) -> Iterator[Reply]:
        statuses = self._pull.statuses if self._api.filters else ()
        query = [("status", status) for status in statuses]
        target: str | None = self._client.target(
            self._api.list, query, tenant=self._pull.tenant, form=form
        )
        headers = {}
        if since is not None and self._pull.only_modified:
            asked = since - timedelta(seconds=self._pull.overlap_seconds)
            headers["Last-Modified"] = format_datetime(asked, usegmt=True)
        for _ in range(MOST_PAGES):
            if target is None:
                return
            with self._client.call("GET", target, headers) as reply:
                yield reply
                target = self._next(target, reply)
        if target is not None:
            raise PollFailed("too-many-pages")

    def _next(self, target: str, reply: Reply) -> str | None:
        found = _NEXT.search(reply.headers.get("Link", ""))
        if found is None:
            return None
        return self._client.linked(urljoin(self._client.address(target), found[1]))

    def _entry(self, form: str, element: Any) -> Entry | None:
        """None for what was not asked for; without an id for what has no usable one."""
        listed = {"transID": element} if _is_text(element) else element
        if not isinstance(listed, dict):
            return Entry(form, "", b"")
        id_: Any = listed.get("transID")
        status = listed.get("status")
        if self._api.filters and status is not None and status not in self._pull.statuses:
            return None
        if not _is_usable(id_):
            return Entry(form, "", b"")
        content = {name: value for name, value in listed.items() if name != "status"}
        return Entry(form, id_, _digest(content))


def _configured(api: Api, paths: Paths) -> Api:
    return Api(
        list=paths.list or api.list,
        detail=paths.detail or api.detail,
        status=paths.status or api.status,
        filters=api.filters,
    )


def _elements(reply: Reply) -> list[Any]:
    """The listed submissions, without the files that may stand in the list."""
    if reply.status in (204, 304):
        return []
    sieve = JsonSieve(_drop_files, limit=LONGEST_LIST, max_depth=_DEEPEST_LIST)
    try:
        for piece in reply.pieces():
            sieve.feed(piece)
        # Not strictly: text that could not be stored spoils its own submission, not the list.
        elements = read_json(sieve.rest.decode("utf-8-sig", "replace"))
    except Refused as refused:
        raise PollFailed(f"list-{refused.code}") from None
    except NotJson:
        raise PollFailed("list-malformed-json") from None
    if not isinstance(elements, list):
        raise PollFailed("list-no-list")
    return elements


def _drop_files(place: Place, _members: dict[str, str]) -> StringWriter | None:
    return _drop if len(place) > 1 and place[1] in _BULKY else None


def _drop(_data: bytes) -> None:
    pass


def _digest(content: dict[str, Any]) -> bytes:
    return sha256(write_json(content).encode("utf-8", "surrogatepass")).digest()


def _is_usable(id_: Any) -> bool:
    """As a part of an address it must not be `..`; what cannot be shown cannot be asked for."""
    usable = _is_text(id_) and id_.isprintable() and id_.strip(" .") != ""
    return usable and len(id_) <= MAX_TRANSACTION_ID


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, NumberLiteral)
