"""Follow the unit that the sender names, and check it against the directory."""

from functions.route.bearers import Bearers, listed, losing, responsible_by_place
from shared.domain.directory import Unit
from shared.domain.identifiers import AuthorityId
from shared.domain.routing import NotResponsible, RoutingDecision, Rule, Warn
from shared.domain.rulebook import Rulebook


def follow_sender(
    undecided: RoutingDecision, named: tuple[Unit, ...], rulebook: Rulebook
) -> RoutingDecision:
    """`named` is what the sender's unit stands for: one at least."""
    responsible = frozenset[str]().union(*responsible_by_place(undecided).values())
    units = {unit.bearer: unit for unit in named}
    if len(units) > 1:
        return _one_of(undecided, frozenset(units), responsible)
    ((bearer, unit),) = units.items()
    if not undecided.leika_keys:
        note = "without a service it cannot be checked"
        return _named(undecided, bearer, note, Warn.NAMED_UNIT_NOT_CHECKED)
    if bearer in responsible:
        return _named(undecided, bearer, f"the directory agrees (checked by {_by(undecided)})")
    note = f"the directory holds {listed(responsible) or 'nobody'} responsible instead"
    decision = _named(undecided, bearer, note, Warn.NAMED_UNIT_NOT_RESPONSIBLE)
    policy = rulebook.tenants.get(unit.tenant) if unit.tenant is not None else None
    if policy is not None and policy.not_responsible is NotResponsible.CLEARING_OFFICE:
        return decision.model_copy(update={"candidates": undecided.candidates}).to_clearing_office(
            f"{decision.reason} Its tenant wants people to decide then."
        )
    return decision


def _one_of(undecided: RoutingDecision, ids: Bearers, responsible: Bearers) -> RoutingDecision:
    agreed = ids & responsible
    located = undecided.located
    if len(agreed) == 1 and (located.is_certain or not located.municipalities):
        note = "the directory holds only this one responsible"
        return _named(undecided, next(iter(agreed)), note)
    return undecided.to_clearing_office(
        f"The sender's unit {undecided.named_unit} stands for {listed(ids)}, and the directory "
        f"holds {_how_many(agreed)} of them responsible{_where(undecided)}."
    )


def _how_many(agreed: Bearers) -> str:
    return "several" if len(agreed) > 1 else listed(agreed) or "none"


def _where(undecided: RoutingDecision) -> str:
    uncertain = undecided.located.municipalities and not undecided.located.is_certain
    return " in one of the places that it may be" if uncertain else ""


def _named(undecided: RoutingDecision, bearer: str, note: str, *warnings: Warn) -> RoutingDecision:
    return undecided.model_copy(
        update={
            "rule": Rule.NAMED_UNIT,
            "authority": AuthorityId(bearer),
            "reason": f"The sender names {bearer} (unit {undecided.named_unit}); {note}.",
            "candidates": losing(undecided.candidates, bearer, f"the sender names {bearer}"),
            "warnings": (*undecided.warnings, *warnings),
        }
    )


def _by(undecided: RoutingDecision) -> str:
    if undecided.located.is_certain:
        return "service and region"
    if undecided.located.municipalities:
        return "service; its place may be one of several"
    return "service; no municipality is known"
