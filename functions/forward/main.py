"""Forward an assigned case to the destinations of its authority and service.

Consumes  de.antragslotse.case.assigned.v1, .forwarding-requested.v1, .decided.v1 and
          .closed.v1
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
from functions.forward.means import Means, resolve_secret
from functions.forward.ports import Stores
from functions.forward.stores import DestinationStores
from functions.forward.transaction import stores_over
from shared.adapters.object_links import S3Links
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.domain.events import (
    CaseAssigned,
    CaseClosed,
    CaseDecided,
    CaseForwardingRequested,
    Event,
)
from shared.runtime.event_function import Handler, event_function
from shared.runtime.logging import configure


class Settings(DatabaseSettings, ObjectStoreSettings):
    """Each field is one environment variable in infra/knative/base/forward/service.yaml."""

    destinations_root: Path | None = None
    xdomea_schemas: Path | None = None
    schemas_root: Path | None = None
    s3_public_url: str | None = None


settings = Settings.from_environment()
configure(settings.log_level)


def build() -> Handler:
    pool = open_pool(settings)
    wake_after = timedelta(seconds=settings.wake_after_seconds)
    objects = S3ObjectStore(settings)
    means = Means(
        objects=objects,
        store=DestinationStores(settings, resolve_secret).open,
        secret=resolve_secret,
        destinations_root=settings.destinations_root,
        xdomea_schemas=settings.xdomea_schemas,
        schemas_root=settings.schemas_root,
        link=S3Links(settings, settings.s3_public_url).link,
    )
    courier = Courier(objects, partial(open_destination, means=means))

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield stores_over(conn, wake_after)

    def handle_event(event: Event) -> Event | None:
        return forward(event, transactions, courier)

    return handle_event


handle = event_function([CaseAssigned, CaseForwardingRequested, CaseDecided, CaseClosed], build)
