"""Decide who is responsible, and say why: pure, and never a guess.

The sender's unit is checked against the directory. Without one, service and place find the
authority: validity and role first, then the narrowest region and the narrowest service. A tenant's
own rules stand above that. Exactly one is left, or people decide.
"""

from collections.abc import Set as AbstractSet

from functions.route.finding import find
from functions.route.naming import follow_sender
from functions.route.question import Question
from functions.route.ranking import may_win, rank
from functions.route.rules import apply_rules, owners
from shared.domain.directory import DirectoryExtract, Unit
from shared.domain.identifiers import CLEARING_OFFICE, RegionKey
from shared.domain.regions import Located, is_ags, is_area
from shared.domain.routing import Candidate, Precedence, RoutingDecision, Rule, Warn
from shared.domain.rulebook import Rulebook, TenantPolicy


def decide(question: Question, extract: DirectoryExtract, rulebook: Rulebook) -> RoutingDecision:
    by_order = [
        _by_directory(question, extract, rulebook, precedence)
        for precedence in _precedences(question, extract, rulebook)
    ]
    found = by_order[0]
    if len({decision.authority for decision in by_order}) > 1:
        found = found.to_clearing_office(
            "The tenants concerned disagree on what counts first: "
            + "; ".join(f"by {each.precedence} first, {each.reason}" for each in by_order)
        )
    return apply_rules(found, owners(by_order, extract), question, extract, rulebook)


def _precedences(
    question: Question, extract: DirectoryExtract, rulebook: Rulebook
) -> list[Precedence]:
    """What the tenants concerned put first: one, unless they disagree."""
    concerned = {
        held.unit.tenant
        for place in extract.location.municipalities or (None,)
        for held in may_win(question.services.keys, place, extract.responsibilities, question.on)
    }
    policies = (
        rulebook.tenants.get(tenant, TenantPolicy()) for tenant in concerned if tenant is not None
    )
    return sorted({policy.precedence for policy in policies}) or [Precedence.REGION]


def _by_directory(
    question: Question, extract: DirectoryExtract, rulebook: Rulebook, precedence: Precedence
) -> RoutingDecision:
    is_nowhere = extract.location.how is Located.NOT_STATED
    undecided = RoutingDecision(
        rule=Rule.CLEARING_OFFICE,
        authority=CLEARING_OFFICE,
        reason="",
        leika_keys=question.services.keys,
        region=_stated_key(question),
        located=extract.location,
        place_from=None if is_nowhere else question.place.stated_by,
        named_unit=question.case.named_unit,
        precedence=precedence,
        decided_for=question.on,
        directory_version=extract.version,
        directory_name=extract.name,
        candidates=_candidates(question, extract, precedence),
        warnings=_warnings(question, extract),
    )
    if extract.named:
        decision = follow_sender(undecided, extract.named, rulebook)
    else:
        decision = find(undecided)
    return _with_consent(decision, question, extract, rulebook)


def _stated_key(question: Question) -> RegionKey | None:
    """As the sender states it, if it is one: a field mapped wrongly may hold anything."""
    stated = question.case.region
    return stated if stated is not None and (is_area(stated) or is_ags(stated)) else None


def _candidates(
    question: Question, extract: DirectoryExtract, precedence: Precedence
) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for municipality in extract.location.municipalities or (None,):
        held = extract.responsibilities
        found += rank(
            question.services.keys,
            municipality,
            held,
            question.on,
            precedence,
            stated=question.place.region,
        )
    return tuple(found)


def _warnings(question: Question, extract: DirectoryExtract) -> tuple[Warn, ...]:
    services = question.services
    noticed = {
        Warn.NAMED_UNIT_UNKNOWN: question.case.named_unit is not None and not extract.named,
        Warn.SERVICE_MALFORMED: services.malformed,
        Warn.SERVICE_UNKNOWN: any(key not in extract.services for key in services.keys),
        Warn.REGION_FORMER: extract.location.how is Located.BY_FORMER_KEY,
    }
    return tuple(warning for warning, is_so in noticed.items() if is_so)


def _with_consent(
    decision: RoutingDecision, question: Question, extract: DirectoryExtract, rulebook: Rulebook
) -> RoutingDecision:
    if decision.rule is Rule.CLEARING_OFFICE:
        return decision
    unit = _units(extract)[decision.authority]
    if unit.tenant is None:
        return decision.to_clearing_office(
            f"{decision.reason} But {decision.authority} belongs to no tenant here."
        )
    if unit.tenant not in rulebook.tenants:
        return decision.to_clearing_office(
            f"{decision.reason} But its tenant {unit.tenant} takes no applications from sender "
            f"{question.case.sender}."
        )
    return decision.model_copy(update={"tenant": unit.tenant})


def _units(extract: DirectoryExtract) -> dict[str, Unit]:
    units: AbstractSet[Unit] = {
        *extract.named,
        *(held.unit for held in extract.responsibilities),
    }
    return {unit.bearer: unit for unit in units}
