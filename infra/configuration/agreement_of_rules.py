"""What the rules of one tenant have to agree on among each other, whether they route or assign."""

from collections.abc import Iterator

from functions.assign.directory.names import comparable
from infra.configuration.declared import Configuration, Problem
from shared.domain.caseworkers import Target
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.routing_rules import RoutingRule

_CONDITIONS = {"authority", "form", "leika_prefix", "region", "field"}


def disagreements_of_rules(configuration: Configuration) -> list[Problem]:
    return [
        *_routing_to_two_authorities(configuration),
        *_assignment_that_never_counts(configuration),
        *_fallbacks_to_themselves(configuration),
    ]


def _routing_to_two_authorities(configuration: Configuration) -> Iterator[Problem]:
    declared: dict[tuple[str, str], tuple[str, str]] = {}
    for key, rule in configuration.of_kind("routing_rules"):
        if not isinstance(rule, RoutingRule):
            continue
        conditions = rule.model_dump_json(exclude={"id", "authority"})
        other, authority = declared.setdefault((key.tenant, conditions), (key.id, rule.authority))
        if authority != rule.authority:
            text = f"{other} has the same conditions and names {authority}"
            place = f"routing_rules {key.id}"
            yield Problem(configuration.files[key], place, "authority", text)


def _assignment_that_never_counts(configuration: Configuration) -> Iterator[Problem]:
    declared: dict[tuple[str, str], str] = {}
    for key, rule in configuration.of_kind("assignment_rules"):
        if not isinstance(rule, AssignmentRule):
            continue
        other = declared.setdefault((key.tenant, _conditions(rule)), key.id)
        if other != key.id:
            text = (
                f"{other} counts for the same cases of {rule.authority}, and only one of the two "
                "can: give one of them a condition, or take it out"
            )
            yield Problem(configuration.files[key], f"assignment_rules {key.id}", "", text)


def _conditions(rule: AssignmentRule) -> str:
    """The order of a field's values makes no difference."""
    field = rule.field
    if field is not None:
        values = tuple(sorted(set(field.values)))
        rule = rule.model_copy(update={"field": field.model_copy(update={"values": values})})
    return rule.model_dump_json(include=_CONDITIONS)


def _fallbacks_to_themselves(configuration: Configuration) -> Iterator[Problem]:
    for key, rule in configuration.of_kind("assignment_rules"):
        if not isinstance(rule, AssignmentRule):
            continue
        own, fallback = rule.target, rule.fallback.target
        if own is not None and fallback is not None and _are_the_same(own, fallback):
            text = f"is the rule's own {own.kind}; name another one, or a tray"
            place = f"assignment_rules {key.id}"
            yield Problem(configuration.files[key], place, f"fallback.{own.kind}", text)


def _are_the_same(one: Target, other: Target) -> bool:
    name = comparable(one.dn)
    return one.kind == other.kind and name is not None and name == comparable(other.dn)
