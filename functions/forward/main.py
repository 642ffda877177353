"""Forward an assigned case to the destinations of its authority and service.

Consumes  de.antragslotse.case.assigned.v1, .forwarding-requested.v1 and .closed.v1
Replies   de.antragslotse.case.forwarded.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from functions.forward.attempt import Courier
from functions.forward.destinations import open_destination
from functions.forward.forward import forward
from functions.forward.forwardings import PostgresForwardings
from functions.forward.means import Means
from functions.forward.ports import Stores
from functions.forward.stores import DestinationStores
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.destinations import PostgresDestinations
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.pool import Connection, DatabaseSettings, open_pool, transaction
from shared.adapters.postgres.scans import PostgresScans
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.events import CaseAssigned, CaseClosed, CaseForwardingRequested, Event
from shared.runtime.event_function import Handler, event_function
from shared.runtime.logging import configure
from shared.secrets import resolve


class Settings(DatabaseSettings, ObjectStoreSettings):
    """Each field is one environment variable in infra/knative/base/forward/service.yaml."""

    destinations_root: Path | None = None


settings = Settings.from_environment()
configure(settings.log_level)


def stores(conn: Connection) -> Stores:
    return Stores(
        cases=PostgresCases(conn, timedelta(seconds=settings.wake_after_seconds)),
        events=PostgresEvents(conn),
        destinations=PostgresDestinations(conn),
        forwardings=PostgresForwardings(conn),
        submissions=PostgresSubmissions(conn),
        attachments=PostgresAttachments(conn),
        scans=PostgresScans(conn),
        tasks=PostgresTasks(conn),
        log=PostgresCaseLog(conn),
    )


def build() -> Handler:
    pool = open_pool(settings)
    objects = S3ObjectStore(settings)
    means = Means(
        objects=objects,
        store=DestinationStores(settings, resolve).open,
        secret=resolve,
        destinations_root=settings.destinations_root,
    )
    courier = Courier(objects, partial(open_destination, means=means))

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield stores(conn)

    def handle_event(event: Event) -> Event | None:
        return forward(event, transactions, courier)

    return handle_event


handle = event_function([CaseAssigned, CaseForwardingRequested, CaseClosed], build)
