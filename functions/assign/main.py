"""Give a routed case to a caseworker of its authority, or to a team.

Consumes  de.antragslotse.case.routed.v1; dev.knative.sources.ping on /timer, for what is to be
          done from time to time: see whether whoever has cases is still there, and tell by mail
          who has new ones
Replies   de.antragslotse.case.assigned.v1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import flask
from pydantic import Field

from functions.assign.answers import Answers
from functions.assign.assign import assign
from functions.assign.checking import Checking
from functions.assign.configuration import DeclaredRules, read_directories, read_rules
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.mailing.delivery import open_smtp
from functions.assign.mailing.ports import MailStores
from functions.assign.mailing.run import send_notices
from functions.assign.mailing.stores import mail_stores_over
from functions.assign.ports import Stores
from functions.assign.rules import TenantRules
from functions.assign.stores import stores_over
from functions.assign.upkeep import Upkeep
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.domain.configuration.directories import Directory
from shared.domain.events import CaseAssigned, CaseRouted, Event
from shared.domain.identifiers import TenantId
from shared.runtime import timer
from shared.runtime.event_function import Handler, event_function
from shared.runtime.lazy import Lazy
from shared.runtime.logging import configure

TIMER = "/timer"
ANSWERS_KEPT_FOR = timedelta(days=30)


class Settings(DatabaseSettings):
    """Each field is one environment variable in infra/knative/base/assign/service.yaml."""

    upkeep_seconds: float = Field(default=15, gt=0)


settings = Settings.from_environment()
configure(settings.log_level)


@dataclass(frozen=True, slots=True)
class Doors:
    handle_event: Handler
    upkeep: Upkeep


def build() -> Doors:
    """Called once per worker process, on its first request: connections do not survive a fork."""
    pool = open_pool(settings)
    wake_after = timedelta(seconds=settings.wake_after_seconds)
    directory = LdapCaseworkerDirectory()
    kept = PostgresKeptAnswers(lambda: transaction(pool))
    answers = Answers(directory, kept)

    @contextmanager
    def transactions() -> Iterator[Stores]:
        with transaction(pool) as conn:
            yield stores_over(conn, wake_after)

    def load_rules(tenant: TenantId) -> TenantRules:
        with transaction(pool) as conn:
            return read_rules(conn, tenant)

    def load_directories() -> list[tuple[TenantId, Directory]]:
        with transaction(pool) as conn:
            return read_directories(conn)

    @contextmanager
    def mail_transactions() -> Iterator[MailStores]:
        with transaction(pool) as conn:
            yield mail_stores_over(conn)

    declared = DeclaredRules(load_rules)
    checking = Checking(load_directories, answers.of, transactions)

    def handle_event(event: Event) -> CaseAssigned | None:
        assert isinstance(event, CaseRouted)  # noqa: S101 - the only type accepted below
        return assign(event, declared.of, answers.of, transactions)

    def notify(deadline: float) -> None:
        send_notices(mail_transactions, directory, open_smtp, deadline)

    # Whoever gets a case by the first of them is told of it by the second.
    steps = {
        "checking": checking.run,
        "notices": notify,
        "answers": lambda _: kept.forget(ANSWERS_KEPT_FOR),
    }
    return Doors(handle_event, Upkeep(steps, settings.upkeep_seconds))


doors = Lazy(build)
handle_events = event_function([CaseRouted], lambda: doors.get().handle_event)


def handle(request: flask.Request) -> flask.Response:
    if request.path == TIMER:
        return timer.respond(request, "timer", lambda: doors.get().upkeep.run())
    return handle_events(request)
