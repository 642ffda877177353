"""The intake over HTTP: one request in, the platform's success answer or a problem document out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
import structlog

from functions.receive.delivery import Body, Limits
from functions.receive.multipart import drain, too_large
from functions.receive.platforms import PLATFORMS, Platform
from functions.receive.ports import NewCases, Transactions
from functions.receive.receive import Outcome, receive
from functions.receive.refusal import PROBLEM_JSON, Refused
from functions.receive.senders import Senders, identify
from functions.receive.upload import Upload
from shared.domain.configuration.senders import Sender
from shared.domain.errors import LotseError
from shared.domain.events import Event
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.ports import ObjectStore
from shared.runtime.logging import describe

# How much of a refused body is read and dropped, so that its sender gets to see the answer.
DRAINED = 16 * 1024 * 1024

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a worker process needs to answer; `read_timeout` is for one read, in seconds.

    `first_verdict` says of each file whether it waits to be scanned.
    """

    senders: Senders
    new_cases: NewCases
    transactions: Transactions
    object_store: ObjectStore
    publish: Callable[[Event], None]
    record_refusal: Callable[[SenderId | None, Refused, int | None], None]
    limits: Limits
    read_timeout: float
    first_verdict: MalwareVerdict

    def respond(self, request: flask.Request) -> flask.Response:
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(self.read_timeout)
        try:
            return self._deliver(request, _platform(request))
        except Refused as refused:
            drain(request.environ["wsgi.input"], DRAINED)
            return problem(refused)

    def _deliver(self, request: flask.Request, platform: Platform) -> flask.Response:
        sender: Sender | None = None
        try:
            authorization = request.headers.get("Authorization")
            sender = identify(self.senders.current(), platform.name, authorization)
            outcome = self._take(request, platform, sender)
        except LotseError as exc:
            _logger.warning("application_deferred", reason=type(exc).__name__, detail=str(exc))
            detail = "It could not be stored now. Nothing is lost: send it again."
            raise Refused(503, "try-again", detail, retry=True) from None
        except Refused as refused:
            self._record(sender, refused, request.content_length)
            raise
        _logger.info(
            "application_received",
            sender=sender.id,
            case_id=str(outcome.receipt.case_id),
            repeated=outcome.event is None,
        )
        return answer(200, platform.accepted(outcome.receipt), "application/json")

    def _take(self, request: flask.Request, platform: Platform, sender: Sender) -> Outcome:
        if (request.content_length or 0) > self.limits.body:
            raise too_large("The request", self.limits.body)
        body = Body(request.environ["wsgi.input"], request.headers.get("Content-Type"))
        upload = Upload(
            SenderId(sender.id), self.object_store, self.transactions, self.first_verdict
        )
        try:
            delivery = platform.read(body, upload, self.limits, sender)
            outcome = receive(delivery, upload, self.new_cases, self.transactions)
        except BaseException:
            upload.discard()
            raise
        if outcome.event is not None:
            self.publish(outcome.event)
        if not outcome.keeps_files:
            upload.discard()
        return outcome

    def _record(self, sender: Sender | None, refused: Refused, size: int | None) -> None:
        """Only what was delivered to a platform's path: what scanners try elsewhere is noise."""
        sender_id = None if sender is None else SenderId(sender.id)
        _logger.warning(
            "application_refused",
            sender=sender_id,
            status=refused.status,
            code=refused.code,
            size=size,
        )
        try:
            self.record_refusal(sender_id, refused, size)
        except Exception as exc:  # noqa: BLE001 - the refusal is the answer, recorded or not
            _logger.warning("refusal_not_recorded", **describe(exc))


def _platform(request: flask.Request) -> Platform:
    platform = PLATFORMS.get(request.path)
    if platform is None:
        raise Refused(404, "unknown-path", "Nothing is received under this path.")
    if request.method != "POST":
        detail = "Deliver applications with POST."
        raise Refused(405, "wrong-method", detail, headers={"Allow": "POST"})
    return platform


def problem(refused: Refused) -> flask.Response:
    response = answer(refused.status, refused.problem(), PROBLEM_JSON)
    response.headers.update(refused.headers)
    return response


def answer(status: int, document: dict[str, Any], media_type: str) -> flask.Response:
    body = json.dumps(document, ensure_ascii=False).encode()
    # As a stream, because functions-framework reads what is left of a request into memory before
    # it sends an answer that is none.
    response = flask.Response(iter((body,)), status, content_type=media_type)
    response.headers["Content-Length"] = str(len(body))
    return response
