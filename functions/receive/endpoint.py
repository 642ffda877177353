"""The intake over HTTP: one request in, the platform's success answer or a refusal out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import flask
import structlog

from functions.receive.address import Address, read_address
from functions.receive.answers import Answer, json_answer, problem
from functions.receive.arrival import AdmittedArrival
from functions.receive.delivery import Delivery, Limits
from functions.receive.incoming import Incoming
from functions.receive.ingress import Ingress
from functions.receive.ports import NewCases, Refusals, Transactions
from functions.receive.rates import Rates
from functions.receive.receive import Outcome, receive
from functions.receive.refusal import Refused, too_large
from functions.receive.senders import Senders
from functions.receive.transactions import what_became_of
from functions.receive.upload import Upload
from shared.domain.configuration.senders import Sender
from shared.domain.errors import LotseError
from shared.domain.events import Event
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.domain.refusal import Refusal
from shared.ports import ObjectStore
from shared.runtime.logging import describe

# How much of a refused body is read and dropped, so that its sender gets to see the answer.
DRAINED = 16 * 1024 * 1024

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What a worker process needs to answer; `read_timeout` is for one read, in seconds.

    `documents` are answered to everybody: path -> answer.
    `first_verdict` says of each file whether it waits to be scanned.
    """

    senders: Senders
    new_cases: NewCases
    transactions: Transactions
    object_store: ObjectStore
    publish: Callable[[Event], None]
    refusals: Refusals
    limits: Limits
    ingress: Ingress
    rates: Rates
    documents: Mapping[str, Callable[[], Answer]]
    read_timeout: float
    first_verdict: MalwareVerdict

    def respond(self, request: flask.Request) -> Answer:
        connection = request.environ.get("gunicorn.socket")
        if connection is not None:
            connection.settimeout(self.read_timeout)
        stream = Incoming(
            request.environ["wsgi.input"], self.limits.body, announced=request.content_length
        )
        try:
            return self._answer(request, stream)
        except Refused as refused:
            stream.drain(DRAINED)
            return problem(refused)

    def _answer(self, request: flask.Request, stream: Incoming) -> Answer:
        if request.method == "GET" and request.path in self.documents:
            return self.documents[request.path]()
        address = read_address(request.path)
        arrival = AdmittedArrival(
            stream,
            request.headers,
            self.ingress.evidence(request.headers, request.remote_addr),
            lambda: self._candidates(address),
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
            found = what_became_of(sender, transaction_id, self.transactions, self.refusals)
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
            arrival.stream.drain(DRAINED)
            self._record(arrival, refused, request.content_length)
            return platform.refused(refused)
        _logger.info(
            "application_received",
            sender=outcome.sender,
            case_id=str(outcome.receipt.case_id),
            repeated=outcome.event is None,
        )
        return platform.accepted(outcome.receipt)

    def _take(self, request: flask.Request, address: Address, arrival: AdmittedArrival) -> Outcome:
        as_test = _asks_for_test(request)
        if not address.platform.proves_in_message:
            arrival.admit(None)
        if (request.content_length or 0) > self.limits.body:
            raise too_large("The request", self.limits.body)
        upload = Upload(
            lambda: SenderId(arrival.sender.id),
            self.object_store,
            self.transactions,
            self.first_verdict,
        )
        try:
            delivery = address.platform.read(arrival, upload, self.limits)
            arrival.finish()
            delivery = _checked(delivery, arrival.sender, as_test)
            outcome = receive(delivery, upload, self.new_cases, self.transactions)
        except BaseException:
            upload.discard()
            raise
        if outcome.event is not None:
            self.publish(outcome.event)
        if not outcome.keeps_files:
            upload.discard()
        return outcome

    def _record(self, arrival: AdmittedArrival, refused: Refused, announced: int | None) -> None:
        """Only what was delivered to a platform's path: what scanners try elsewhere is noise."""
        sender = None if arrival.admitted is None else SenderId(arrival.admitted.id)
        size = arrival.stream.size if arrival.stream.ended else announced
        _logger.warning(
            "application_refused",
            sender=sender,
            status=refused.status,
            code=refused.code,
            size=size,
        )
        refusal = Refusal(
            sender=sender,
            transaction_id=arrival.transaction_id,
            status=refused.status,
            code=refused.code,
            size=size,
            sha256=arrival.stream.sha256,
        )
        try:
            self.refusals.add(refusal)
        except Exception as exc:  # noqa: BLE001 - the refusal is the answer, recorded or not
            _logger.warning("refusal_not_recorded", **describe(exc))


def _checked(delivery: Delivery, sender: Sender, as_test: bool) -> Delivery:
    form = delivery.submission.form_id
    if sender.forms and form not in sender.forms:
        detail = "This sender is not declared to send this form. Ask the operator of the intake."
        raise Refused(403, "form-not-allowed", detail)
    return delivery.as_test() if as_test or sender.is_test else delivery


def _asks_for_test(request: flask.Request) -> bool:
    """Anything but the two words might be meant either way, and the difference is a real case."""
    given = request.args.get("test")
    if given not in (None, "true", "false"):
        detail = "The parameter test is true or false."
        raise Refused(400, "bad-parameter", detail, place="query parameter test")
    return given == "true"


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
