"""A webhook: the frozen JSON in one POST, signed after the Standard Webhooks scheme."""

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from uuid import UUID, uuid4

import urllib3
from standardwebhooks import Webhook as Signature
from standardwebhooks.webhooks import EmptyWebhookSecretError
from urllib3.util import parse_url

from functions.forward.destination import (
    Awaited,
    Checked,
    Contents,
    Deadline,
    Handed,
    Message,
    NotDelivered,
    Refused,
    verified,
)
from functions.forward.destinations.webhook_answer import read_receipt
from functions.forward.manifest import File, field_tree, files_of, manifest
from functions.forward.means import Means
from functions.forward.trying import tried
from shared.domain.configuration.addresses import web_address
from shared.domain.configuration.destination_kinds import Webhook
from shared.domain.exact_json import write_json
from shared.domain.forwarding import Receipt
from shared.runtime.outgoing import failure_code, open_connection

TYPE = "case.delivered.v1"
TEST_TYPE = "destination.test.v1"
TAKEN = 202
LOOK_EVERY_SECONDS = 3600.0
LINKS_VALID_UNTIL = "links_valid_until"


class WebhookDestination:
    def __init__(self, settings: Webhook, means: Means) -> None:
        self._settings = settings
        self._means = means

    def build(self, contents: Contents) -> bytes:
        files = list(files_of(contents))
        inline = [file for file in files if not (file.withheld or self._is_linked(file))]
        if sum(file.size for file in inline) > self._settings.inline_limit_bytes:
            raise Refused("too_large_for_inline")
        valid_until = datetime.now(UTC) + timedelta(hours=self._settings.links_valid_hours)
        entries = [self._entry(file) for file in files]
        data = {**manifest(contents, entries), "fields": field_tree(contents)}
        if any("link" in entry for entry in entries):
            # What is frozen now is what is sent: later attempts have the same links.
            data[LINKS_VALID_UNTIL] = valid_until.isoformat(timespec="seconds")
        timestamp = contents.occasion_at.astimezone(UTC).isoformat()
        return write_json({"type": TYPE, "timestamp": timestamp, "data": data}).encode()

    def send(self, message: Message) -> Handed:
        _refuse_expired_links(message.body)
        return self._handed(self._post(message.id, message.body, message.deadline))

    def _post(self, id_: UUID, body: bytes, deadline: Deadline) -> Receipt:
        """What it answered, if that was a success. Raise Refused, NotDelivered."""
        headers = self._headers(id_, body)
        address, target = self._address()
        with open_connection(address, deadline.left()) as connection:
            try:
                connection.request(
                    "POST",
                    target,
                    body=body,
                    headers=headers,
                    preload_content=False,
                    decode_content=False,
                )
                answer = connection.getresponse()
            except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as exc:
                deadline.left()
                raise NotDelivered(failure_code(exc)) from None
            with closing(answer):
                deadline.left()  # an answer that was cut by then may read as a whole one
                return read_receipt(answer)

    def ask(self, message: Message, sent: Receipt) -> Handed:
        """There is nobody to ask: its receipt comes by itself, and counts when it has come."""
        return self._awaited(sent)

    def withdraw(self, message: Message) -> None:
        """What was posted cannot be taken back."""

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        timestamp = datetime.now(UTC).isoformat(timespec="seconds")
        body = write_json({"type": TEST_TYPE, "timestamp": timestamp, "data": {}}).encode()
        text = f"it takes a signed message of the type {TEST_TYPE}"
        yield tried("post", text, lambda: self._post(uuid4(), body, deadline))

    def _handed(self, receipt: Receipt) -> Handed:
        return self._awaited(receipt) if receipt.status == TAKEN else receipt

    def _awaited(self, receipt: Receipt) -> Awaited:
        within = self._settings.receipt_within_hours * 3600
        return Awaited(receipt, ask_after_seconds=LOOK_EVERY_SECONDS, within_seconds=within)

    def _entry(self, file: File) -> dict[str, Any]:
        if file.withheld:
            return file.entry()
        if self._is_linked(file):
            return {**file.entry(), "link": self._link(file)}
        return {**file.entry(), "content": self._inline(file)}

    def _is_linked(self, file: File) -> bool:
        return self._settings.files == "links" and file.object_key is not None

    def _link(self, file: File) -> str:
        if self._means.link is None:
            raise Refused("no_links")
        seconds = self._settings.links_valid_hours * 3600
        return self._means.link(file.object_key or "", seconds, file.name, file.media_type)

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

    def _headers(self, id_: UUID, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        try:
            signature = Signature(self._means.secret(self._settings.secret)).sign(
                str(id_), now, body.decode()
            )
        except (ValueError, EmptyWebhookSecretError):
            raise Refused("bad_secret") from None
        return {
            "content-type": "application/json",
            "user-agent": "antragslotse",
            "webhook-id": str(id_),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }


def _refuse_expired_links(body: bytes) -> None:
    if f'"{LINKS_VALID_UNTIL}"'.encode() not in body:
        return
    valid_until = json.loads(body)["data"].get(LINKS_VALID_UNTIL)
    if valid_until and datetime.fromisoformat(valid_until) <= datetime.now(UTC):
        raise Refused("links_expired")
