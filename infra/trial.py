"""What would be decided, without a case: nothing is stored."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from functions.route.decision import decide
from functions.route.directory import PostgresAuthorityDirectory
from functions.route.question import Question, stated_services
from functions.route.rulebooks import PostgresRulebooks
from functions.route.whereabouts import stated_place
from infra.configuration.store import stored_documents
from infra.directory.versions import require
from shared.adapters.memory import InMemoryRulebooks
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.tenants import Tenant
from shared.domain.identifiers import CaseId, LeikaKey, RegionKey, SenderId, TenantId, UnitId
from shared.domain.regions import Place
from shared.domain.routing import RoutingDecision
from shared.domain.rulebook import TenantsRule
from shared.ports import Rulebooks

ANYBODY = SenderId("anybody")
_NOBODYS = CaseId(UUID(int=0))
_POSTCODE_FIRST = re.compile(r"(?P<postcode>\d{5})\b[\s,]*(?P<name>.*)")
_POSTCODE_LAST = re.compile(r"(?P<name>.*?)[\s,]+(?P<postcode>\d{5})")


@dataclass(frozen=True)
class Trial:
    """An application as far as it is decided by. Without a sender everybody takes it."""

    leika_keys: tuple[str, ...] = ()
    region: str | None = None
    postcode: str | None = None
    name: str | None = None
    unit: str | None = None
    sender: str | None = None
    form: str | None = None
    on: date = field(default_factory=lambda: datetime.now().astimezone().date())

    def case(self) -> Case:
        now = datetime.now(UTC)
        return Case(
            id=_NOBODYS,
            sender=SenderId(self.sender) if self.sender else ANYBODY,
            transaction_id="",
            form_id=self.form,
            leika_keys=tuple(map(LeikaKey, self.leika_keys)),
            region=RegionKey(self.region) if self.region else None,
            named_unit=UnitId(self.unit) if self.unit else None,
            status_since=now,
            received_at=now,
        )

    def place(self) -> Place:
        stated = stated_place(self.case(), None, ())
        named = {"postcode": self.postcode, "name": self.name, "stated_by": "the command"}
        return stated.model_copy(update=named)


def split_place(text: str) -> tuple[str | None, str | None]:
    """Postcode and name of `24999 Fördetal`, or of `Fördetal 24999`; either may be missing."""
    text = text.strip()
    found = _POSTCODE_FIRST.fullmatch(text) or _POSTCODE_LAST.fullmatch(text)
    return (found["postcode"], found["name"] or None) if found else (None, text or None)


def decide_trial(trial: Trial, conn: Connection, version: int | None) -> RoutingDecision:
    """Raise Unavailable if no version is active, VersionError for one that there is not."""
    if version is not None:
        require(conn, version)
    case, place = trial.case(), trial.place()
    rulebooks: Rulebooks = PostgresRulebooks(conn) if trial.sender else _of_everybody(conn)
    services = stated_services(case.leika_keys)
    question = Question(case, services, place, trial.on)
    directory = PostgresAuthorityDirectory(conn, version)
    extract = directory.look_up(services.keys, place, case.named_unit, trial.on)
    return decide(question, extract, rulebooks.for_case(case))


def _of_everybody(conn: Connection) -> InMemoryRulebooks:
    """As if each tenant had named the sender."""
    documents = stored_documents(conn).items()
    tenants = [
        Tenant.model_validate(document).model_copy(update={"senders": (ANYBODY,)})
        for key, document in documents
        if key.kind == "tenants"
    ]
    rules = [
        TenantsRule(TenantId(key.tenant), RoutingRule.model_validate(document))
        for key, document in documents
        if key.kind == "routing_rules"
    ]
    forms = [Form.model_validate(document) for key, document in documents if key.kind == "forms"]
    return InMemoryRulebooks(tenants, rules, forms)
