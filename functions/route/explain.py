"""A stored decision as short lines to read: rule, reason, candidates and why each lost."""

from collections.abc import Iterator

from shared.domain.routing import Candidate, RoutingDecision, Rule, Warn

_RULES = {
    Rule.NAMED_UNIT: "the unit that the sender names",
    Rule.SERVICE_AND_REGION: "service and region",
    Rule.CLEARING_OFFICE: "no rule decides, so people do",
}
_WARNINGS = {
    Warn.NAMED_UNIT_UNKNOWN: "the sender names a unit that the directory does not know",
    Warn.NAMED_UNIT_NOT_RESPONSIBLE: "the directory does not hold the named unit responsible",
    Warn.NAMED_UNIT_NOT_CHECKED: "the named unit could not be checked",
    Warn.SERVICE_UNKNOWN: "the directory does not know every service asked for",
}


def explain(decision: RoutingDecision) -> list[str]:
    return list(_lines(decision))


def _lines(decision: RoutingDecision) -> Iterator[str]:
    yield f"{decision.authority}: {_RULES[decision.rule]}"
    yield decision.reason
    for warning in decision.warnings:
        yield f"Note: {_WARNINGS[warning]}."
    yield f"Directory: {decision.directory_name}, version {decision.directory_version}"
    for candidate in decision.candidates:
        yield f"  {_entry(candidate)}: {candidate.lost or 'left'}"


def _entry(candidate: Candidate) -> str:
    return f"{candidate.authority} for {candidate.leika_key} in {candidate.region}"
