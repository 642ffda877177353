"""Whom a decision looked at: kept with it, so that it can be explained."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from functions.assign.choosing import Standing
from functions.assign.findings import Finding, Findings
from shared.domain.assignment import AssignmentCandidate, AssignmentDecision
from shared.domain.caseworkers import Account, LeftOut
from shared.domain.identifiers import AccountId

MOST_CANDIDATES = 100


def with_candidates(
    decision: AssignmentDecision, findings: Findings, standing: Standing
) -> AssignmentDecision:
    members = [each.members for each in findings.of_aims if each.members is not None]
    candidates = list(_candidates(findings.of_aims, standing))
    return decision.model_copy(
        update={
            "candidates": tuple(_foremost(candidates, decision.assignee)),
            "more_candidates": max(0, len(candidates) - MOST_CANDIDATES),
            "unreadable": sum(each.unreadable for each in members),
        }
    )


def counted(finding: Finding, now: datetime) -> str:
    """Why nobody of them is available."""
    accounts = finding.members.accounts if finding.members is not None else ()
    left_out = [account.left_out(now) for account in accounts]
    parts = [
        f"{left_out.count(reason)} {reason.replace('_', ' ')}"
        for reason in LeftOut
        if reason in left_out
    ]
    if finding.members is not None and finding.members.unreadable:
        parts.append(f"{finding.members.unreadable} not readable")
    return f" ({', '.join(parts)})" if parts else ""


def _foremost(
    candidates: list[AssignmentCandidate], assignee: AccountId | None
) -> list[AssignmentCandidate]:
    """Of very many, whoever came closest: a large group would make every case large."""
    if len(candidates) <= MOST_CANDIDATES:
        return candidates
    candidates.sort(
        key=lambda each: (
            each.account != assignee,
            each.left_out is not None,
            each.open_cases or 0,
            each.account,
        )
    )
    return candidates[:MOST_CANDIDATES]


def _candidates(of_aims: Iterable[Finding], standing: Standing) -> Iterator[AssignmentCandidate]:
    """Members by id, then who would stand in for one of them; each once."""
    seen: set[AccountId] = set()
    for finding in of_aims:
        members = finding.members.accounts if finding.members is not None else ()
        ranked = [(each, None) for each in sorted(members, key=lambda account: account.id)]
        stands = [(each.account, each.stands_for) for each in finding.stands or ()]
        for account, stands_for in (*ranked, *stands):
            if account.id not in seen:
                seen.add(account.id)
                yield _candidate(account, stands_for, standing)


def _candidate(
    account: Account, stands_for: AccountId | None, standing: Standing
) -> AssignmentCandidate:
    return AssignmentCandidate(
        account=account.id,
        open_cases=standing.open_cases.get(account.id),
        capacity=account.capacity if account.capacity != 100 else None,
        left_out=account.left_out(standing.now),
        substitute_for=stands_for,
    )
