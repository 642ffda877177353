"""The door for receipts: what a destination says later of a message that it was sent.

A POST to /receipts/TENANT/DESTINATION, signed after Standard Webhooks with its own secret:

    {"type": "case.accepted.v1", "timestamp": "…", "data": {"message_id": "…", "id": "…"}}
    {"type": "case.rejected.v1", "timestamp": "…", "data": {"message_id": "…", "reason": "…"}}

Own design: nobody has a common format for this.
"""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from pydantic import ValidationError

from functions.receive.answers import Answer, json_answer
from functions.receive.incoming import Headers, Incoming
from functions.receive.receipts.message import ReceiptMessage, read_message
from functions.receive.receipts.ports import Receipts
from functions.receive.refusal import Refused, invalid
from shared.domain.configuration.destination_kinds import Webhook
from shared.domain.errors import Unavailable
from shared.domain.identifiers import DestinationId, TenantId

RECEIPTS = "/receipts"
LIMIT = 64 * 1024
_PATH = re.compile(rf"{RECEIPTS}/([^/]+)/([^/]+)")


class ReceiptDoor:
    def __init__(
        self,
        transactions: Callable[[], AbstractContextManager[Receipts]],
        secret: Callable[[str], str],
    ) -> None:
        self._transactions = transactions
        self._secret = secret

    def respond(self, path: str, headers: Headers, stream: Incoming) -> Answer:
        """Raise Refused."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise Refused(404, "unknown-path", "Receipts go to /receipts/TENANT/DESTINATION.")
        tenant, destination = TenantId(found[1]), DestinationId(found[2])
        body = _read(stream)
        try:
            receipt_id = self._prove(tenant, destination, headers, body)
            message = _parsed(body)
            with self._transactions() as receipts:
                case = receipts.case_of(message.data.message_id, tenant, destination)
                if case is None:
                    detail = "No such message was sent to this destination."
                    raise Refused(404, "unknown-message", detail, place="data.message_id")
                receipts.add(message, receipt_id, case)
        except Unavailable:
            detail = "It could not be stored now: send it again."
            raise Refused(503, "try-again", detail, retry=True) from None
        return json_answer(200, {"state": "stored"})

    def _prove(
        self, tenant: TenantId, destination: DestinationId, headers: Headers, body: bytes
    ) -> str:
        """The receiver's own id of this receipt. Raise Refused, Unavailable."""
        from standardwebhooks import Webhook as Signature
        from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

        with self._transactions() as receipts:
            declared = receipts.destination(tenant, destination)
        if not isinstance(declared, Webhook):
            raise _not_proven()
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        given = {name: headers.get(name) or "" for name in names}
        try:
            secret = self._secret(declared.receipt_secret or declared.secret)
            # It reads the body as well, once that is proven: what is wrong with it is told later.
            with suppress(json.JSONDecodeError, RecursionError):
                Signature(secret).verify(body, given)
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
            raise _not_proven() from None
        if len(given["webhook-id"]) > 200 or not given["webhook-id"].isprintable():
            raise invalid("text-too-long", "It has 200 printable characters at most.", "webhook-id")
        return given["webhook-id"]


def _not_proven() -> Refused:
    """The same whether there is no such destination, or it is signed otherwise."""
    detail = "It is not signed as this destination signs, or its time stamp is not of now."
    return Refused(401, "signature-wrong", detail)


def _read(stream: Incoming) -> bytes:
    body = bytearray()
    while piece := stream.read(LIMIT):
        body += piece
    return bytes(body)


def _parsed(body: bytes) -> ReceiptMessage:
    try:
        return read_message(body)
    except ValidationError as exc:
        error = exc.errors(include_input=False, include_url=False)[0]
        if error["type"] == "json_invalid":
            raise Refused(400, "malformed-json", "The body is no JSON.", place="body") from None
        place = ".".join(map(str, error["loc"])) or "body"
        raise invalid("not-a-receipt", error["msg"], place) from None
