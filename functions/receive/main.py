"""Receive applications from form platforms: one HTTP request in, one committed case out.

Consumes  dev.knative.sources.ping on /polls, to fetch from the platforms that are polled
          What destinations say later of what they were sent, on /receipts
Answers   the platform's own success answer, or a problem document (RFC 9457)
Publishes de.antragslotse.case.received.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import flask
import structlog
from pydantic import Field, field_validator

from functions.receive.answers import Answer, json_answer, problem
from functions.receive.delivery import Limits
from functions.receive.documents import documents
from functions.receive.endpoint import Endpoint
from functions.receive.ingress import Ingress, networks
from functions.receive.intake import Intake
from functions.receive.platforms.form_solutions.pull import FormSolutionsSource
from functions.receive.polling.polling import Polling
from functions.receive.polling.ports import PollStores
from functions.receive.ports import Stores
from functions.receive.rates import Rates
from functions.receive.receipts.door import ReceiptDoor
from functions.receive.receipts.ports import Receipts
from functions.receive.receipts.postgres import PostgresReceipts
from functions.receive.refusal import Refused
from functions.receive.senders import Senders
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.intake import PostgresIntake
from shared.adapters.postgres.polls import PostgresPolls
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.adapters.postgres.refusals import CommittedRefusals
from shared.adapters.postgres.senders import PostgresSenders
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.tasks import PostgresTasks
from shared.adapters.postgres.uploads import PostgresUploads
from shared.domain.configuration.senders import Sender, UnreadableSender
from shared.domain.events import Event
from shared.domain.malware import MalwareVerdict
from shared.runtime import logging, timer
from shared.runtime.lazy import Lazy
from shared.runtime.publisher import Publisher
from shared.secrets import resolve

POLLS = "/polls"
"""The timer's door."""


class Settings(DatabaseSettings, ObjectStoreSettings):
    """Each field is one environment variable in infra/knative/base/receive/service.yaml."""

    k_sink: str | None = None
    clamd_url: str | None = None  # who has it scans: here only that somebody does
    max_request_bytes: int = 512 * 1024 * 1024
    max_file_bytes: int = 256 * 1024 * 1024
    max_form_bytes: int = 4 * 1024 * 1024
    max_parts: int = 200
    max_depth: int = Field(default=80, le=200)
    max_field_length: int = 1_000_000
    max_fields: int = 10_000
    read_timeout_seconds: float = 60
    poll_seconds: float = Field(default=20, gt=0, le=120)
    trusted_proxies: str = ""
    client_certificate_header: str | None = None

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        networks(text)
        return text

    @property
    def ingress(self) -> Ingress:
        return Ingress(networks(self.trusted_proxies), self.client_certificate_header or None)

    @property
    def limits(self) -> Limits:
        return Limits(
            body=self.max_request_bytes,
            parts=self.max_parts,
            file=self.max_file_bytes,
            form=self.max_form_bytes,
            depth=self.max_depth,
            field_length=self.max_field_length,
            fields=self.max_fields,
        )


settings = Settings.from_environment()
logging.configure(settings.log_level)


@dataclass(frozen=True, slots=True)
class Doors:
    endpoint: Endpoint
    polling: Polling


def build() -> Doors:
    """Called once per worker process, on its first request: a pool does not survive a fork."""
    pool = open_pool(settings)
    wake_after = timedelta(seconds=settings.wake_after_seconds)

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield Stores(
                cases=PostgresCases(conn, wake_after),
                submissions=PostgresSubmissions(conn),
                attachments=PostgresAttachments(conn),
                uploads=PostgresUploads(conn),
                log=PostgresCaseLog(conn),
            )

    @contextmanager
    def poll_transactions() -> Iterator[PollStores]:
        with transaction(pool) as conn:
            yield PollStores(polls=PostgresPolls(conn), tasks=PostgresTasks(conn))

    @contextmanager
    def receipt_transactions() -> Iterator[Receipts]:
        with transaction(pool) as conn:
            yield PostgresReceipts(conn)

    def load_senders() -> list[Sender | UnreadableSender]:
        with transaction(pool) as conn:
            return PostgresSenders(conn).all()

    def wake(event: Event) -> None:
        with transaction(pool) as conn:
            PostgresCases(conn, wake_after).wake_now(event.case_id)

    intake = Intake(
        new_cases=PostgresIntake(pool, wake_after),
        transactions=transactions,
        object_store=S3ObjectStore(settings),
        publish=Publisher(settings.k_sink, failed=wake).publish,
        refusals=CommittedRefusals(pool),
        first_verdict=MalwareVerdict.PENDING if settings.clamd_url else MalwareVerdict.NOT_SCANNED,
    )
    senders = Senders(load_senders)
    endpoint = Endpoint(
        senders=senders,
        intake=intake,
        limits=settings.limits,
        ingress=settings.ingress,
        rates=Rates(),
        documents=documents(settings.limits),
        receipts=ReceiptDoor(receipt_transactions, resolve),
        read_timeout=settings.read_timeout_seconds,
    )
    polling = Polling(
        senders=senders,
        open_source=FormSolutionsSource,
        intake=intake,
        transactions=poll_transactions,
        limits=settings.limits,
        seconds=settings.poll_seconds,
    )
    return Doors(endpoint, polling)


doors = Lazy(build)


def handle(request: flask.Request) -> flask.Response:
    if request.path == "/readyz":
        return _response(json_answer(200, {"status": "ready"}))
    if request.path == POLLS:
        return timer.respond(request, "polls", lambda: doors.get().polling.run())
    try:
        return _response(doors.get().endpoint.respond(request))
    except Exception as exc:  # noqa: BLE001 - the framework would answer with the error's text
        structlog.get_logger().error("request_failed", **logging.describe(exc))
        return _response(problem(Refused(500, "internal-error", "This is our fault.", retry=True)))


def _response(answer: Answer) -> flask.Response:
    # As a stream, because functions-framework reads what is left of a request into memory before
    # it sends an answer that is none.
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    return flask.Response(
        iter((answer.body,)), answer.status, headers, content_type=answer.media_type
    )
