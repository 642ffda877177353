"""Valid objects, one line each; a test names only the field it is about."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.events import CaseReceived, CaseRouted
from shared.domain.identifiers import AuthorityId, LeikaKey, SenderId, TenantId, case_id
from shared.ports import Cases

FORMSERVER = SenderId("formserver")
TENANT = TenantId("foerdetal")
TRADE_OFFICE = AuthorityId("foerdetal-gewerbe")
BUILDING_OFFICE = AuthorityId("foerdetal-bau")
TRADE_REGISTRATION = LeikaKey("99050012104000")


def a_case(**changes: Any) -> Case:
    transaction_id = changes.pop("transaction_id", str(uuid4()))
    now = datetime.now(UTC)
    return Case(
        **{
            "id": case_id(FORMSERVER, transaction_id),
            "sender": FORMSERVER,
            "transaction_id": transaction_id,
            "form_id": "Gewerbeanmeldung",
            "leika_keys": (TRADE_REGISTRATION,),
            "status_since": now,
            "received_at": now,
            **changes,
        }
    )


def an_entry(action: str = "case.received") -> LogEntry:
    return LogEntry(actor=Actor.sender(FORMSERVER), action=action)


def stored(cases: Cases, case: Case) -> Case:
    """The case as receive leaves it: stored, with its first event."""
    case, event = case.announce(CaseReceived, sender=case.sender)
    return cases.add(case, event=event, entry=an_entry())


def received(cases: Cases, case: Case) -> CaseReceived:
    """The event that receive sent for a stored case."""
    return cases.event(case.id, CaseReceived, 1)


def routed(
    cases: Cases, case: Case, authority: AuthorityId = TRADE_OFFICE, tenant: TenantId = TENANT
) -> CaseRouted:
    """The event that route sent, for a case that is stored and routed here."""
    case = stored(cases, case).routed_to(authority, tenant)
    case, event = case.announce(CaseRouted, authority=authority, tenant=tenant)
    cases.save(case, entry=an_entry("case.routed"), event=event)
    return event
