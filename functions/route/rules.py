"""What tenants have decided above the directory: over their own cases, and nobody else's."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from functions.route.question import Question, Services
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.directory import DirectoryExtract
from shared.domain.filled_in import values_at
from shared.domain.identifiers import AuthorityId, TenantId
from shared.domain.regions import Location, lies_in, prefix_of
from shared.domain.routing import RoutingDecision, Rule
from shared.domain.rulebook import Rulebook, TenantsRule


def apply_rules(
    found: RoutingDecision,
    owning: AbstractSet[TenantId],
    question: Question,
    extract: DirectoryExtract,
    rulebook: Rulebook,
) -> RoutingDecision:
    """`found` is what comes out without them, `owning` those whose case it is or may be."""
    if len(owning) > 1:
        return found  # between two tenants no rule of one of them decides
    fitting = [
        each
        for each in rulebook.rules
        if (not owning or each.tenant in owning) and fits(each.rule, question, extract.location)
    ]
    if found.tenant is None and not extract.location.is_certain and len(rulebook.tenants) > 1:
        # Wherever it lies it may be another tenant's: only a claim on the form itself counts.
        fitting = [each for each in fitting if each.rule.form is not None]
    if not fitting:
        return found
    if len({each.tenant for each in fitting}) > 1:
        return found.to_clearing_office(
            f"The routing rules {_named(fitting)} of different tenants fit."
        )
    strongest = min(_strength(each.rule) for each in fitting)
    best = sorted(
        (each for each in fitting if _strength(each.rule) == strongest),
        key=lambda each: each.rule.id,
    )
    if len({each.rule.authority for each in best}) > 1:
        return found.to_clearing_office(
            f"The routing rules {_named(best)} fit equally well and name different authorities."
        )
    return _decided_by(best[0], found)


def fits(rule: RoutingRule, question: Question, location: Location) -> bool:
    """Every condition it has is met: of several services, by all."""
    return (
        (rule.form is None or rule.form == question.case.form_id)
        and (rule.leika_prefix is None or _all_begin(question.services, rule.leika_prefix))
        and (rule.region is None or lies_in(rule.region, location, question.place.region))
        and (
            rule.field is None
            or not set(rule.field.values).isdisjoint(values_at(question.fields, rule.field.path))
        )
    )


def owners(
    found_by_order: Iterable[RoutingDecision], extract: DirectoryExtract
) -> AbstractSet[TenantId]:
    """The tenants whose case it is, or may be, in whatever order the candidates are ranked."""
    tenants = {held.unit.bearer: held.unit.tenant for held in extract.responsibilities}
    owning: set[TenantId | None] = set()
    for found in found_by_order:
        if found.tenant is not None:
            owning.add(found.tenant)
            continue
        owning |= {unit.tenant for unit in extract.named}
        owning |= {tenants.get(each.bearer) for each in found.candidates if each.lost is None}
    return {tenant for tenant in owning if tenant is not None}


def _decided_by(winner: TenantsRule, found: RoutingDecision) -> RoutingDecision:
    name = f"{winner.tenant}/{winner.rule.id}"
    authority = AuthorityId(winner.rule.authority)
    candidates = tuple(
        candidate
        if candidate.lost or candidate.authority == authority
        else candidate.model_copy(update={"lost": f"the routing rule {name} decides"})
        for candidate in found.candidates
    )
    return found.model_copy(
        update={
            "rule": Rule.ROUTING_RULE,
            "routing_rule": name,
            "authority": authority,
            "tenant": winner.tenant,
            "reason": f"The routing rule {name} ({_conditions(winner.rule)}) names {authority}. "
            f"Without it: {found.reason}",
            "candidates": candidates,
        }
    )


def _conditions(rule: RoutingRule) -> str:
    """Values of a field may be an applicant's, so they are not repeated."""
    named = {
        "form": rule.form,
        "service": rule.leika_prefix,
        "region": rule.region,
        "field": rule.field and rule.field.path,
    }
    return ", ".join(f"{name} {value}" for name, value in named.items() if value)


def _strength(rule: RoutingRule) -> tuple[bool, bool, int, int]:
    """A field says more than a form, a form more than a service, and that more than a region."""
    return (
        rule.field is None,
        rule.form is None,
        -len(rule.leika_prefix or ""),
        -len(prefix_of(rule.region or "")),
    )


def _all_begin(services: Services, prefix: str) -> bool:
    keys = services.keys
    return bool(keys) and not services.malformed and all(key.startswith(prefix) for key in keys)


def _named(rules: Iterable[TenantsRule]) -> str:
    return ", ".join(sorted(f"{each.tenant}/{each.rule.id}" for each in rules))
