"""A stored decision as short lines to read: rule, reason, place, candidates and why each lost."""

from collections.abc import Iterable, Iterator

from shared.domain.regions import Located
from shared.domain.routing import Candidate, Precedence, RoutingDecision, Rule, Warn

_RULES = {
    Rule.ROUTING_RULE: "the tenant's own rule",
    Rule.NAMED_UNIT: "the unit that the sender names",
    Rule.SERVICE_AND_REGION: "service and region",
    Rule.PERSON: "a person has decided",
    Rule.CLEARING_OFFICE: "no rule decides, so people do",
}
_WARNINGS = {
    Warn.NAMED_UNIT_UNKNOWN: "the sender names a unit that the directory does not know",
    Warn.NAMED_UNIT_NOT_RESPONSIBLE: "the directory does not hold the named unit responsible",
    Warn.NAMED_UNIT_NOT_CHECKED: "the named unit could not be checked",
    Warn.SERVICE_UNKNOWN: "the directory does not know every service asked for",
    Warn.SERVICE_MALFORMED: "not every service stated is a key: 99 and twelve digits",
    Warn.REGION_FORMER: "the regional key stated is a former one; its successor was taken",
}
_LOCATED = {
    Located.BY_KEY: "by its key",
    Located.BY_FORMER_KEY: "by a former key",
    Located.BY_UNLISTED_KEY: "by its key alone; no regions of its state are imported",
    Located.KEY_NOT_LISTED: "no region of its state has this key",
    Located.BY_NAME: "by its name",
    Located.BY_NAME_AND_POSTCODE: "by name and postcode",
    Located.POSTCODE_ALONE: "possible by the postcode",
    Located.SEVERAL: "one of these, it is not clear which",
    Located.CONTRADICTORY: "name and postcode do not fit together",
    Located.UNKNOWN: "no imported region has this key, name or postcode",
    Located.KEY_TOO_SHORT: "the key is that of an area wider than one municipality",
}


def explain(decision: RoutingDecision) -> list[str]:
    return [*_outcome(decision), *_candidates(decision)]


def explain_rounds(decisions: Iterable[tuple[int, RoutingDecision]]) -> dict[int, list[str]]:
    """Those of one case, in order. A person's has the candidates of the round that it overrules."""
    told: dict[int, list[str]] = {}
    searched = None
    for round_, decision in decisions:
        if decision.rule is not Rule.PERSON:
            searched = round_
        if searched in (None, round_) or not decision.candidates:
            told[round_] = explain(decision)
        else:
            told[round_] = [*_outcome(decision), f"Candidates: as in round {searched}"]
    return told


def _outcome(decision: RoutingDecision) -> Iterator[str]:
    yield f"{decision.authority}: {_RULES[decision.rule]}"
    yield decision.reason
    for warning in decision.warnings:
        yield f"Note: {_WARNINGS[warning]}."
    yield from _place(decision)
    version, latest = decision.directory_version, decision.directory_name
    yield f"Directory: version {version} (latest import: {latest})"


def _candidates(decision: RoutingDecision) -> Iterator[str]:
    if decision.candidates and decision.precedence is Precedence.SERVICE:
        yield "Order: the narrower service counts before the narrower region"
    several = len(decision.located.municipalities) > 1
    for candidate in decision.candidates:
        yield f"  {_entry(candidate, in_places=several)}: {candidate.lost or 'not ruled out'}"


def _place(decision: RoutingDecision) -> Iterator[str]:
    located = decision.located
    if located.how is Located.NOT_STATED:
        return
    places = ", ".join(
        f"{each.ars} {each.name}" if each.name else each.ars for each in located.municipalities
    )
    stated_by = f"stated by {decision.place_from}"
    yield f"Place: {places or 'not found'} ({_LOCATED[located.how]}; {stated_by})"


def _entry(candidate: Candidate, *, in_places: bool) -> str:
    place = f", looked up for {candidate.municipality}" if in_places else ""
    unit = ""
    if candidate.unit is not None and candidate.unit != candidate.bearer:
        unit = f" (unit {candidate.unit})"
    return f"{candidate.bearer}{unit} for {candidate.leika_key} in {candidate.region}{place}"
