"""A webhook: the frozen JSON in one POST, signed after the Standard Webhooks scheme."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

import urllib3
from standardwebhooks import Webhook as Signature
from standardwebhooks.webhooks import EmptyWebhookSecretError
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url

from functions.forward.destination import (
    Checked,
    Contents,
    Deadline,
    Handed,
    Message,
    NotDelivered,
    Refused,
    verified,
)
from functions.forward.manifest import File, field_tree, files_of, manifest
from functions.forward.means import Means
from shared.domain.configuration.addresses import web_address
from shared.domain.configuration.destination_kinds import Webhook
from shared.domain.exact_json import write_json
from shared.domain.forwarding import Receipt
from shared.runtime.outgoing import failure_code, open_connection

TYPE = "case.delivered.v1"
LONGEST_ANSWER = 64 * 1024
LONGEST_ID = 200
# As the broker does it: these pass by themselves, every other 4xx says that it never will.
_PASSING = {404, 408, 409, 429}


class WebhookDestination:
    def __init__(self, settings: Webhook, means: Means) -> None:
        self._settings = settings
        self._means = means

    def build(self, contents: Contents) -> bytes:
        files = list(files_of(contents))
        if (
            sum(file.size for file in files if not file.withheld)
            > self._settings.inline_limit_bytes
        ):
            raise Refused("too_large_for_inline")
        entries = [self._entry(file) for file in files]
        data = {**manifest(contents, entries), "fields": field_tree(contents)}
        timestamp = contents.occasion_at.astimezone(UTC).isoformat()
        return write_json({"type": TYPE, "timestamp": timestamp, "data": data}).encode()

    def send(self, message: Message) -> Receipt:
        headers = self._headers(message)
        address, target = self._address()
        with open_connection(address, message.deadline.left()) as connection:
            try:
                connection.request(
                    "POST",
                    target,
                    body=message.body,
                    headers=headers,
                    preload_content=False,
                    decode_content=False,
                )
                answer = connection.getresponse()
            except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as exc:
                message.deadline.left()
                raise NotDelivered(failure_code(exc)) from None
            with closing(answer):
                message.deadline.left()  # an answer that was cut by then may read as a whole one
                return _receipt(answer)

    def ask(self, message: Message, sent: Receipt) -> Handed:
        return sent

    def withdraw(self, message: Message) -> None:
        return None

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        yield from ()

    def _entry(self, file: File) -> dict[str, Any]:
        if file.withheld:
            return file.entry()
        return {**file.entry(), "content": self._inline(file)}

    def _inline(self, file: File) -> str:
        data = file.data
        if data is None:
            key = file.object_key or ""
            data = b"".join(verified(self._means.objects, key, file.size, file.sha256))
        return base64.b64encode(data).decode()

    def _address(self) -> tuple[urllib3.util.Url, str]:
        text = self._settings.url
        if text.startswith(("env:", "file:")):
            text = self._means.secret(text)
        try:
            url = parse_url(web_address(text))
        except (ValueError, urllib3.exceptions.LocationParseError):
            raise Refused("bad_address") from None
        return url, url.request_uri

    def _headers(self, message: Message) -> dict[str, str]:
        now = datetime.now(UTC)
        try:
            signature = Signature(self._means.secret(self._settings.secret)).sign(
                str(message.id), now, message.body.decode()
            )
        except (ValueError, EmptyWebhookSecretError):
            raise Refused("bad_secret") from None
        return {
            "content-type": "application/json",
            "user-agent": "antragslotse",
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }


def _receipt(answer: BaseHTTPResponse) -> Receipt:
    status = answer.status
    if 200 <= status < 300:
        return Receipt(status=status, external_id=_external_id(answer))
    code = f"http_{status}"
    if 300 <= status < 500 and status not in _PASSING:
        raise Refused(code, status)
    raise NotDelivered(code, status)


def _external_id(answer: BaseHTTPResponse) -> str | None:
    """It has accepted; what it says beyond that may be of use, or not be readable at all."""
    try:
        document = json.loads(answer.read(LONGEST_ANSWER + 1)[:LONGEST_ANSWER])
    except (urllib3.exceptions.HTTPError, OSError, ValueError, RecursionError):
        return None
    found = document.get("id") if isinstance(document, dict) else None
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return "".join(c for c in str(found) if c.isprintable())[:LONGEST_ID] or None
