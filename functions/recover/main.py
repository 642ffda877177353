"""Scan files, wake what is due, and keep the broker's dead letters: why nothing is lost.

Consumes   dev.knative.sources.ping, and any event on /dead-letters
Publishes  the last event of each case that is due, unchanged
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import flask
from pydantic import AfterValidator, Field

from functions.recover.clamd import Clamd, checked_address
from functions.recover.endpoint import Endpoint
from functions.recover.ports import Stores
from functions.recover.recover import Pace, recover
from functions.recover.scan import Scanner, Scanning
from functions.recover.sweep import Sweeping
from functions.recover.wake import Waking
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.adapters.postgres.scans import PostgresScans
from shared.adapters.postgres.tasks import PostgresTasks
from shared.adapters.postgres.uploads import PostgresUploads
from shared.adapters.postgres.wakes import PostgresWakes
from shared.domain.dead_letter import DeadLetter
from shared.runtime import logging
from shared.runtime.lazy import Lazy
from shared.runtime.sink import Sink

LEASE_MARGIN_SECONDS = 15
"""What a scan may need beside its timeout: to connect, and to record what was found."""


class Settings(DatabaseSettings, ObjectStoreSettings):
    """Each field is one environment variable in infra/knative/base/recover/service.yaml."""

    k_sink: str
    clamd_url: Annotated[str, AfterValidator(checked_address)] | None = None
    scan_timeout_seconds: float = Field(default=20, gt=0)
    scan_attempts: int = Field(default=8, ge=1)
    scans_at_once: int = Field(default=4, ge=1)
    wake_attempts: int = Field(default=40, ge=1)  # with delays of up to an hour: more than a day
    wakes_per_run: int = Field(default=2000, ge=1)
    wakes_at_once: int = Field(default=8, ge=1)
    publish_timeout_seconds: float = Field(default=5, gt=0)
    run_seconds: float = Field(default=10, gt=0)
    upload_expires_after_seconds: float = Field(default=3600, ge=0)
    upload_swept_again_after_seconds: float = Field(default=3600, ge=0)

    @property
    def pace(self) -> Pace:
        return Pace(
            scanning=Scanning(
                at_once=self.scans_at_once,
                lease_seconds=self.scan_timeout_seconds + LEASE_MARGIN_SECONDS,
            ),
            waking=Waking(self.wake_attempts, self.wakes_per_run, self.wakes_at_once),
            sweeping=Sweeping(
                expires_after=timedelta(seconds=self.upload_expires_after_seconds),
                again_after=timedelta(seconds=self.upload_swept_again_after_seconds),
            ),
            seconds=self.run_seconds,
        )


settings = Settings.from_environment()
logging.configure(settings.log_level)


def build() -> Endpoint:
    """Called once per worker process, on its first request: a pool does not survive a fork."""
    pool = open_pool(settings)
    objects = S3ObjectStore(settings)
    sink = Sink(
        settings.k_sink,
        connections=settings.wakes_at_once,
        timeout=settings.publish_timeout_seconds,
    )

    wake_after = timedelta(seconds=settings.wake_after_seconds)

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield Stores(
                wakes=PostgresWakes(conn, wake_after),
                events=PostgresEvents(conn),
                tasks=PostgresTasks(conn),
                dead_letters=PostgresDeadLetters(conn),
                uploads=PostgresUploads(conn),
                scans=PostgresScans(conn),
                cases=PostgresCases(conn, wake_after),
                log=PostgresCaseLog(conn),
            )

    scanner = None
    if settings.clamd_url is not None:
        clamd = Clamd(settings.clamd_url, settings.scan_timeout_seconds)
        scanner = Scanner(transactions, clamd, objects, settings.scan_attempts)

    def run() -> None:
        recover(transactions, sink.send, objects, scanner, settings.pace)

    def keep(letter: DeadLetter) -> None:
        with transactions() as stores:
            stores.dead_letters.keep(letter)

    return Endpoint(run=run, keep=keep)


endpoint = Lazy(build)


def handle(request: flask.Request) -> flask.Response:
    if request.method == "GET" and request.path == "/readyz":
        return flask.Response("ready\n", 200)
    return endpoint.get().respond(request)
