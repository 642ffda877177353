"""Decide who is responsible, and say why: pure, and never a guess.

The sender's unit is checked against the directory. Without one, service and region find the
authority: validity and role first, then the narrowest region, then the narrowest service. Exactly
one is left, or people decide.
"""

from collections.abc import Set as AbstractSet
from datetime import date

from functions.route.ranking import rank
from shared.domain.case import Case
from shared.domain.directory import Authority, DirectoryExtract, is_full_region
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, TenantId
from shared.domain.routing import Candidate, RoutingDecision, Rule, Warn


def decide(
    case: Case, extract: DirectoryExtract, consenting: AbstractSet[TenantId], on: date
) -> RoutingDecision:
    """`consenting` are the tenants that take applications from the case's sender."""
    candidates = rank(case.leika_keys, case.region, extract.responsibilities, on)
    undecided = RoutingDecision(
        rule=Rule.CLEARING_OFFICE,
        authority=CLEARING_OFFICE,
        reason="",
        leika_keys=case.leika_keys,
        region=case.region,
        named_unit=case.named_unit,
        directory_version=extract.version,
        directory_name=extract.name,
        candidates=candidates,
        warnings=_warnings(case, extract),
    )
    decision = _follow_sender(undecided, extract.named) if extract.named else _find(undecided)
    authorities = {held.authority.id: held.authority for held in extract.responsibilities}
    authorities |= {authority.id: authority for authority in extract.named}
    return _with_consent(decision, case, authorities, consenting)


def _warnings(case: Case, extract: DirectoryExtract) -> tuple[Warn, ...]:
    warnings = []
    if case.named_unit is not None and not extract.named:
        warnings.append(Warn.NAMED_UNIT_UNKNOWN)
    if any(key not in extract.services for key in case.leika_keys):
        warnings.append(Warn.SERVICE_UNKNOWN)
    return tuple(warnings)


def _follow_sender(undecided: RoutingDecision, named: tuple[Authority, ...]) -> RoutingDecision:
    responsible = _responsible_for_all(undecided)
    ids = {authority.id for authority in named}
    unit = undecided.named_unit
    if len(ids) > 1:
        agreed = ids & responsible
        if len(agreed) != 1:
            return undecided.to_clearing_office(
                f"The sender's unit {unit} stands for {_listed(ids)}, and the directory holds "
                f"{'several' if agreed else 'none'} of them responsible."
            )
        return _named(undecided, agreed.pop(), "the directory holds only this one responsible")
    (authority,) = ids
    if not undecided.leika_keys:
        return _named(
            undecided,
            authority,
            "without a service it cannot be checked",
            Warn.NAMED_UNIT_NOT_CHECKED,
        )
    if authority in responsible:
        checked = "service and region" if undecided.region else "service; no region is known"
        return _named(undecided, authority, f"the directory agrees (checked by {checked})")
    return _named(
        undecided,
        authority,
        f"the directory holds {_listed(responsible) or 'nobody'} responsible instead",
        Warn.NAMED_UNIT_NOT_RESPONSIBLE,
    )


def _named(
    undecided: RoutingDecision, authority: AuthorityId, note: str, *warnings: Warn
) -> RoutingDecision:
    return undecided.model_copy(
        update={
            "rule": Rule.NAMED_UNIT,
            "authority": authority,
            "reason": f"The sender names {authority} (unit {undecided.named_unit}); {note}.",
            "candidates": _losing(undecided.candidates, authority, f"the sender names {authority}"),
            "warnings": (*undecided.warnings, *warnings),
        }
    )


def _find(undecided: RoutingDecision) -> RoutingDecision:
    keys, region = undecided.leika_keys, undecided.region
    if not keys:
        return undecided.to_clearing_office("No unit that the directory knows, and no service.")
    if region is None:
        return undecided.to_clearing_office("No unit that the directory knows, and no region.")
    if not is_full_region(region):
        return undecided.to_clearing_office(
            f"The region {region} is not a full regional key (ARS, 12 digits)."
        )
    responsible = _responsible_for_all(undecided)
    asked = f"{_listed(keys)} in {region}"
    if len(responsible) > 1:
        return undecided.to_clearing_office(
            f"{_listed(responsible)} are equally responsible for {asked}."
        )
    if not responsible:
        together = "several services together, " if len(keys) > 1 else ""
        return undecided.to_clearing_office(
            f"No one authority is responsible for {together}{asked}."
        )
    (authority,) = responsible
    return undecided.model_copy(
        update={
            "rule": Rule.SERVICE_AND_REGION,
            "authority": authority,
            "reason": f"{authority} is the only one responsible for {asked}.",
            "candidates": _losing(
                undecided.candidates, authority, "not responsible for every service asked for"
            ),
        }
    )


def _responsible_for_all(undecided: RoutingDecision) -> set[AuthorityId]:
    """Whoever is left for each of the services asked for."""
    left = [
        {
            candidate.authority
            for candidate in undecided.candidates
            if candidate.asked == key and candidate.lost is None
        }
        for key in undecided.leika_keys
    ]
    return set.intersection(*left) if left else set()


def _losing(
    candidates: tuple[Candidate, ...], winner: AuthorityId, why: str
) -> tuple[Candidate, ...]:
    return tuple(
        candidate
        if candidate.lost or candidate.authority == winner
        else candidate.model_copy(update={"lost": why})
        for candidate in candidates
    )


def _with_consent(
    decision: RoutingDecision,
    case: Case,
    authorities: dict[AuthorityId, Authority],
    consenting: AbstractSet[TenantId],
) -> RoutingDecision:
    if decision.rule is Rule.CLEARING_OFFICE:
        return decision
    tenant = authorities[decision.authority].tenant
    if tenant is None:
        return decision.to_clearing_office(
            f"{decision.reason} But {decision.authority} belongs to no tenant here."
        )
    if tenant not in consenting:
        return decision.to_clearing_office(
            f"{decision.reason} But its tenant {tenant} takes no applications from sender "
            f"{case.sender}."
        )
    return decision.model_copy(update={"tenant": tenant})


def _listed(ids: AbstractSet[AuthorityId] | tuple[str, ...]) -> str:
    return ", ".join(sorted(ids))
