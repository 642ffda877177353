"""Give a routed case to a caseworker of its authority, or to a team.

Consumes  de.antragslotse.case.routed.v1
Replies   de.antragslotse.case.assigned.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from functions.assign.assign import assign
from functions.assign.assignments import PostgresAssignments
from functions.assign.configuration import DeclaredRules, read_rules
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.ports import Stores
from functions.assign.rules import TenantRules
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.domain.events import CaseAssigned, CaseRouted, Event
from shared.domain.identifiers import TenantId
from shared.runtime.event_function import Handler, event_function
from shared.runtime.logging import configure


class Settings(DatabaseSettings):
    """Each field is one environment variable in infra/knative/base/assign/service.yaml."""


settings = Settings.from_environment()
configure(settings.log_level)


def build() -> Handler:
    """Called once per worker process, on its first event: connections do not survive a fork."""
    pool = open_pool(settings)
    wake_after = timedelta(seconds=settings.wake_after_seconds)
    directory = LdapCaseworkerDirectory()

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield Stores(PostgresCases(conn, wake_after), PostgresAssignments(conn))

    def load_rules(tenant: TenantId) -> TenantRules:
        with transaction(pool) as conn:
            return read_rules(conn, tenant)

    declared = DeclaredRules(load_rules)

    def handle_event(event: Event) -> CaseAssigned | None:
        assert isinstance(event, CaseRouted)  # noqa: S101 - the only type accepted below
        return assign(event, declared.of, directory, transactions)

    return handle_event


handle = event_function([CaseRouted], build)
