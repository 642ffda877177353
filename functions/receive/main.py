"""Receive applications from form platforms: one HTTP request in, one committed case out.

Answers   the platform's own success answer, or a problem document (RFC 9457)
Publishes de.antragslotse.case.received.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import flask
import structlog
from pydantic import Field

from functions.receive.delivery import Limits
from functions.receive.endpoint import Endpoint, answer, problem
from functions.receive.ports import Stores
from functions.receive.refusal import Refused
from functions.receive.senders import Senders
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.intake import PostgresIntake
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.adapters.postgres.refusals import PostgresRefusals
from shared.adapters.postgres.senders import PostgresSenders
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.uploads import PostgresUploads
from shared.domain.configuration.senders import Sender
from shared.domain.events import Event
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.runtime import logging
from shared.runtime.lazy import Lazy
from shared.runtime.publisher import Publisher


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
    read_timeout_seconds: float = 60

    @property
    def limits(self) -> Limits:
        return Limits(
            body=self.max_request_bytes,
            parts=self.max_parts,
            file=self.max_file_bytes,
            form=self.max_form_bytes,
            depth=self.max_depth,
            field_length=self.max_field_length,
        )


settings = Settings.from_environment()
logging.configure(settings.log_level)


def build() -> Endpoint:
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

    def load_senders() -> list[Sender]:
        with transaction(pool) as conn:
            return PostgresSenders(conn).all()

    def record_refusal(sender: SenderId | None, refused: Refused, size: int | None) -> None:
        with transaction(pool) as conn:
            PostgresRefusals(conn).add(sender, refused.status, refused.code, size)

    def wake(event: Event) -> None:
        with transaction(pool) as conn:
            PostgresCases(conn, wake_after).wake_now(event.case_id)

    return Endpoint(
        senders=Senders(load_senders),
        new_cases=PostgresIntake(pool, wake_after),
        transactions=transactions,
        object_store=S3ObjectStore(settings),
        publish=Publisher(settings.k_sink, failed=wake).publish,
        record_refusal=record_refusal,
        limits=settings.limits,
        read_timeout=settings.read_timeout_seconds,
        first_verdict=MalwareVerdict.PENDING if settings.clamd_url else MalwareVerdict.NOT_SCANNED,
    )


endpoint = Lazy(build)


def handle(request: flask.Request) -> flask.Response:
    if request.path == "/readyz":
        return answer(200, {"status": "ready"}, "application/json")
    try:
        return endpoint.get().respond(request)
    except Exception as exc:  # noqa: BLE001 - the framework would answer with the error's text
        structlog.get_logger().error("request_failed", **logging.describe(exc))
        return problem(Refused(500, "internal-error", "This is our fault.", retry=True))
