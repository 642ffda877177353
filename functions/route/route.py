"""Decide which authority a case belongs to."""

from datetime import date
from zoneinfo import ZoneInfo

from functions.route.decision import decide
from functions.route.question import Question, stated_services
from functions.route.whereabouts import stated_place
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry, Stage
from shared.domain.events import CaseReceived, CaseRouted
from shared.domain.routing import RoutingDecision
from shared.ports import AuthorityDirectory, Cases, FormFields, Routings, Rulebooks

# The day that validity counts from is the day on the wall clock of the authorities.
_AUTHORITIES_TIME = ZoneInfo("Europe/Berlin")


def route(
    event: CaseReceived,
    directory: AuthorityDirectory,
    rulebooks: Rulebooks,
    form_fields: FormFields,
    routings: Routings,
    cases: Cases,
) -> CaseRouted | None:
    case = cases.get(event.case_id)
    if event.round < case.round:
        return None  # a person has re-routed it since; that round has its own event
    if case.stage is not Stage.RECEIVED:
        # Delivered before: the same answer again, even if the directory changed since.
        return cases.event(case.id, CaseRouted, case.round)
    # Nobody responsible, or several: people decide. No application is lost to a dead letter.
    decision = decide_case(case, directory, rulebooks, form_fields)
    case = case.routed_to(decision.authority, decision.tenant)
    case, reply = case.announce(
        CaseRouted, cause=event, authority=decision.authority, tenant=decision.tenant
    )
    entry = LogEntry(
        actor=Actor.system("route"),
        action="case.routed",
        details={
            "round": case.round,
            "authority": decision.authority,
            "rule": decision.rule,
            "directory_version": decision.directory_version,
            "warnings": list(decision.warnings),
        },
    )
    cases.save(case, entry=entry, event=reply)
    routings.add(case.id, case.round, decision)
    return reply


def decide_case(
    case: Case,
    directory: AuthorityDirectory,
    rulebooks: Rulebooks,
    form_fields: FormFields,
    on: date | None = None,
) -> RoutingDecision:
    """Ask what the decision needs, and decide; by the day the case was received, if not `on`."""
    rulebook = rulebooks.for_case(case)
    fields = form_fields.of(case.id) if rulebook.needs_fields else ()
    question = Question(
        case=case,
        services=stated_services(case.leika_keys),
        place=stated_place(case, rulebook.form, fields),
        on=on or case.received_at.astimezone(_AUTHORITIES_TIME).date(),
        fields=fields,
    )
    keys = question.services.keys
    extract = directory.look_up(keys, question.place, case.named_unit, question.on)
    return decide(question, extract, rulebook)
