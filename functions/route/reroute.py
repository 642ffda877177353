"""Send a case to another authority, because a person says so: a new round."""

from functions.route.ports import Stores
from shared.domain.actor import Actor
from shared.domain.case import Case, LogEntry
from shared.domain.errors import NotReroutable, UnknownAuthority
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, CaseId, TenantId
from shared.domain.routing import RoutingDecision, Rule

LONGEST_REASON = 200


def reroute(
    case_id: CaseId, to: AuthorityId, reason: str, actor: Actor, stores: Stores
) -> CaseRouted:
    """To an authority that a tenant has declared, or to the clearing office.

    `reason` goes on the record. Raise UnknownCase, NotReroutable, or StaleCase if somebody else
    changes the case at the same time.
    """
    reason = _checked(reason)
    case = stores.cases.get(case_id)
    former = _former_decision(case, to, stores)
    tenant = _tenant(case, to, stores)
    moved, event = case.rerouted_to(to, tenant).announce(CaseRouted, authority=to, tenant=tenant)
    entry = LogEntry(
        actor=actor,
        action="case.re-routed",
        details={"round": moved.round, "from": case.authority, "to": to, "reason": reason},
    )
    decision = former.model_copy(
        update={
            "rule": Rule.PERSON,
            "authority": to,
            "tenant": tenant,
            "reason": reason,
            "routing_rule": None,
        }
    )
    stores.reroutings.save(moved, event=event, entry=entry, decision=decision)
    return event


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise NotReroutable(
            f"the reason has to be one line of up to {LONGEST_REASON} characters, no names in it"
        )
    return reason


def _former_decision(case: Case, to: AuthorityId, stores: Stores) -> RoutingDecision:
    former = stores.routings.get(case.id, case.round)
    if former is None:
        raise NotReroutable("the case is not routed yet; only then it can be re-routed")
    if not case.status.is_open:
        raise NotReroutable(f"the case is {case.status}; it has to be reopened first")
    if case.authority == to:
        raise NotReroutable(f"{to} has the case already")
    return former


def _tenant(case: Case, to: AuthorityId, stores: Stores) -> TenantId | None:
    if to == CLEARING_OFFICE:
        return None
    tenant = stores.authorities.tenant_of(to)
    if tenant is None:
        raise UnknownAuthority(f"no tenant has declared an authority {to!r}")
    if tenant not in stores.rulebooks.for_case(case).tenants:
        raise NotReroutable(
            f"{to} is {tenant}'s, which takes no applications from sender {case.sender}"
        )
    return tenant
