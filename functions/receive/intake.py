"""Take one application, however it came here: read it, store it, and tell the next stage."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from functions.receive.delivery import Delivery, Files
from functions.receive.ports import NewCases, Refusals, Transactions
from functions.receive.receive import Outcome, receive
from functions.receive.refusal import Refused
from functions.receive.upload import Upload
from shared.domain.configuration.senders import Sender
from shared.domain.events import Event
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.domain.refusal import Refusal
from shared.ports import ObjectStore
from shared.runtime.logging import describe

_logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Intake:
    """What a worker process needs to take applications.

    `first_verdict` says of each file whether it waits to be scanned.
    """

    new_cases: NewCases
    transactions: Transactions
    object_store: ObjectStore
    publish: Callable[[Event], None]
    refusals: Refusals
    first_verdict: MalwareVerdict

    def take(
        self, read: Callable[[Files], Delivery], sender: Callable[[], Sender], *, as_test: bool
    ) -> Outcome:
        """Once it returns, it is durable; whatever it raises, nothing is left behind.

        `read` reads to the end. Raise Refused, or Unavailable if it cannot be stored now.
        """
        upload = Upload(
            lambda: SenderId(sender().id), self.object_store, self.transactions, self.first_verdict
        )
        try:
            delivery = _checked(read(upload), sender(), as_test)
            outcome = receive(delivery, upload, self.new_cases, self.transactions)
        except BaseException:
            upload.discard()
            raise
        if outcome.event is not None:
            self.publish(outcome.event)
        if not outcome.keeps_files:
            upload.discard()
        _logger.info(
            "application_received",
            sender=outcome.sender,
            case_id=str(outcome.receipt.case_id),
            repeated=outcome.event is None,
        )
        return outcome

    def record(self, refusal: Refusal) -> None:
        """That it was refused; never raises."""
        _logger.warning(
            "application_refused",
            sender=refusal.sender,
            status=refusal.status,
            code=refusal.code,
            size=refusal.size,
        )
        try:
            self.refusals.add(refusal)
        except Exception as exc:  # noqa: BLE001 - the refusal stands, recorded or not
            _logger.warning("refusal_not_recorded", **describe(exc))


def _checked(delivery: Delivery, sender: Sender, as_test: bool) -> Delivery:
    form = delivery.submission.form_id
    if sender.forms and form not in sender.forms:
        detail = "This sender is not declared to send this form. Ask the operator of the intake."
        raise Refused(403, "form-not-allowed", detail)
    return delivery.as_test() if as_test or sender.is_test else delivery
