"""Decide which authority a case belongs to."""

from zoneinfo import ZoneInfo

from functions.route.decision import decide
from shared.domain.actor import Actor
from shared.domain.case import LogEntry, Stage
from shared.domain.events import CaseReceived, CaseRouted
from shared.ports import AuthorityDirectory, Cases, Routings, Tenants

# The day that validity counts from is the day on the wall clock of the authorities.
_AUTHORITIES_TIME = ZoneInfo("Europe/Berlin")


def route(
    event: CaseReceived,
    directory: AuthorityDirectory,
    tenants: Tenants,
    routings: Routings,
    cases: Cases,
) -> CaseRouted | None:
    case = cases.get(event.case_id)
    if event.round < case.round:
        return None  # a person has re-routed it since; that round has its own event
    if case.stage is not Stage.RECEIVED:
        # Delivered before: the same answer again, even if the directory changed since.
        return cases.event(case.id, CaseRouted, case.round)
    extract = directory.look_up(case.leika_keys, case.region, case.named_unit)
    consenting = tenants.consenting(case.sender, extract.tenants())
    # Nobody responsible, or several: people decide. No application is lost to a dead letter.
    decision = decide(
        case, extract, consenting, on=case.received_at.astimezone(_AUTHORITIES_TIME).date()
    )
    case = case.routed_to(decision.authority, decision.tenant)
    case, reply = case.announce(
        CaseRouted, cause=event, authority=decision.authority, tenant=decision.tenant
    )
    entry = LogEntry(
        actor=Actor.system("route"),
        action="case.routed",
        details={
            "authority": decision.authority,
            "rule": decision.rule,
            "directory_version": decision.directory_version,
            "warnings": list(decision.warnings),
        },
    )
    cases.save(case, entry=entry, event=reply)
    routings.add(case.id, case.round, decision)
    return reply
