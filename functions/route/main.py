"""Route a received case to the authority responsible for it.

Consumes  de.antragslotse.case.received.v1
Replies   de.antragslotse.case.routed.v1
"""

from datetime import timedelta

from functions.route.directory import PostgresAuthorityDirectory
from functions.route.form_fields import PostgresFormFields
from functions.route.route import route
from functions.route.routings import PostgresRoutings
from functions.route.rulebooks import PostgresRulebooks
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.domain.events import CaseReceived, CaseRouted, Event
from shared.runtime.event_function import Handler, event_function
from shared.runtime.logging import configure


class Settings(DatabaseSettings):
    """Each field is one environment variable in infra/knative/base/route/service.yaml."""


settings = Settings.from_environment()
configure(settings.log_level)


def build() -> Handler:
    pool = open_pool(settings)
    wake_after = timedelta(seconds=settings.wake_after_seconds)

    def handle_event(event: Event) -> CaseRouted | None:
        assert isinstance(event, CaseReceived)  # noqa: S101 - the only type accepted below
        with transaction(pool) as conn:
            return route(
                event,
                PostgresAuthorityDirectory(conn),
                PostgresRulebooks(conn),
                PostgresFormFields(conn),
                PostgresRoutings(conn),
                PostgresCases(conn, wake_after),
            )

    return handle_event


handle = event_function([CaseReceived], build)
