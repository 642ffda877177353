"""The intake over HTTP: one request in, the platform's success answer or a refusal out."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import flask
import structlog

from functions.receive.address import Address, read_address
from functions.receive.answers import Answer, json_answer, problem
from functions.receive.arrival import AdmittedArrival
from functions.receive.delivery import Delivery, Files, Limits
from functions.receive.incoming import Incoming
from functions.receive.ingress import Ingress
from functions.receive.intake import Intake
from functions.receive.rates import Rates
from functions.receive.receipts.door import LIMIT, RECEIPTS, ReceiptDoor
from functions.receive.receive import Outcome
from functions.receive.refusal import Refused, too_large
from functions.receive.senders import Senders
from functions.receive.transactions import what_became_of
from shared.domain.configuration.senders import Sender
from shared.domain.errors import LotseError
from shared.domain.identifiers import SenderId
from shared.domain.refusal import Refusal

# How much of a refused body is read and dropped, so that its sender gets to see the answer.
DRAINED = 16 * 1024 * 1024
# Whoever has proven nothing may hold a thread for some seconds; a sender on a slow line has to see
# what it has to mend.
DRAIN_SECONDS = 5.0
PATIENT_SECONDS = 60.0

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a worker process needs to answer; `read_timeout` is for one read, in seconds.

    `documents` are answered to everybody: path -> answer.
    """

    senders: Senders
    intake: Intake
    limits: Limits
    ingress: Ingress
    rates: Rates
    documents: Mapping[str, Callable[[], Answer]]
    receipts: ReceiptDoor
    read_timeout: float

    def respond(self, request: flask.Request) -> Answer:
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(self.read_timeout)
        limit = LIMIT if request.path.startswith(f"{RECEIPTS}/") else self.limits.body
        stream = Incoming(request.environ["wsgi.input"], limit, announced=request.content_length)
        try:
            return self._answer(request, stream)
        except Refused as refused:
            _drain(request, stream, DRAIN_SECONDS)
            return problem(refused)

    def _answer(self, request: flask.Request, stream: Incoming) -> Answer:
        if request.method == "GET" and request.path in self.documents:
            return self.documents[request.path]()
        if request.path.startswith(f"{RECEIPTS}/"):
            _expect("POST", request.method)
            return self.receipts.respond(request.path, request.headers, stream)
        address = read_address(request.path)
        arrival = AdmittedArrival(
            stream,
            request.headers,
            self.ingress.evidence(request.headers, request.remote_addr),
            lambda evidence: self.senders.identify(self._candidates(address), evidence),
            self.rates.take,
        )
        if address.transaction_id is not None:
            _expect("GET", request.method)
            return self._tell(arrival, address.transaction_id)
        if request.method == "GET" and address.platform.describe is not None:
            return address.platform.describe(_asked_at(request))
        _expect("POST", request.method)
        return self._deliver(request, address, arrival)

    def _candidates(self, address: Address) -> list[Sender]:
        """Raise Unavailable if the senders cannot be read."""
        return [
            sender
            for sender in self.senders.current()
            if sender.platform == address.platform.name and address.sender in (None, sender.id)
        ]

    def _tell(self, arrival: AdmittedArrival, transaction_id: str) -> Answer:
        try:
            sender = SenderId(arrival.sender.id)
            arrival.finish()
            found = what_became_of(
                sender, transaction_id, self.intake.transactions, self.intake.refusals
            )
        except LotseError as exc:
            raise _deferred(exc) from None
        return json_answer(200, found)

    def _deliver(
        self, request: flask.Request, address: Address, arrival: AdmittedArrival
    ) -> Answer:
        platform = address.platform
        try:
            outcome = self._take(request, address, arrival)
        except LotseError as exc:
            return platform.refused(_deferred(exc))
        except Refused as refused:
            known = arrival.proven() is not None
            _drain(request, arrival.stream, PATIENT_SECONDS if known else DRAIN_SECONDS)
            self._record(arrival, refused, request.content_length)
            return platform.refused(refused)
        return platform.accepted(outcome.receipt)

    def _take(self, request: flask.Request, address: Address, arrival: AdmittedArrival) -> Outcome:
        as_test = _asks_for_test(request)
        if not address.platform.proves_in_message:
            arrival.admit(None)
        if (request.content_length or 0) > self.limits.body:
            raise too_large("The request", self.limits.body)

        def read(files: Files) -> Delivery:
            delivery = address.platform.read(arrival, files, self.limits)
            arrival.finish()
            return delivery

        return self.intake.take(read, lambda: arrival.sender, as_test=as_test)

    def _record(self, arrival: AdmittedArrival, refused: Refused, announced: int | None) -> None:
        """Only what was delivered to a platform's path: what scanners try elsewhere is noise."""
        size = arrival.stream.size if arrival.stream.ended else announced
        sender = arrival.proven()
        refusal = Refusal(
            sender=None if sender is None else SenderId(sender.id),
            transaction_id=arrival.transaction_id,
            status=refused.status,
            code=refused.code,
            size=size,
            sha256=arrival.stream.sha256,
        )
        self.intake.record(refusal)


def _asks_for_test(request: flask.Request) -> bool:
    """Anything but the two words might be meant either way, and the difference is a real case."""
    given = request.args.getlist("test")
    if given not in ([], ["true"], ["false"]):
        detail = "The parameter test is true or false."
        raise Refused(400, "bad-parameter", detail, place="query parameter test")
    return given == ["true"]


def _drain(request: flask.Request, stream: Incoming, seconds: float) -> None:
    """Also if it comes byte by byte: then it ends after so many seconds."""
    connection = request.environ.get("gunicorn.socket")
    if stream.ended or connection is None:
        stream.drain(DRAINED)
        return
    enough = threading.Timer(seconds, _stop_reading, [connection])
    enough.start()
    stream.drain(DRAINED)
    enough.cancel()


def _stop_reading(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def _asked_at(request: flask.Request) -> str:
    """Behind an ingress TLS ends before us, and the caller is told what it asked for."""
    scheme = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    here = request.base_url
    return f"https:{here.partition(':')[2]}" if scheme == "https" else here


def _expect(expected: str, method: str) -> None:
    if method != expected:
        detail = f"This address is asked with {expected}."
        raise Refused(405, "wrong-method", detail, headers={"Allow": expected})


def _deferred(exc: LotseError) -> Refused:
    _logger.warning("application_deferred", reason=type(exc).__name__, detail=str(exc))
    detail = "It could not be stored now. Nothing is lost: send it again."
    return Refused(503, "try-again", detail, retry=True)
