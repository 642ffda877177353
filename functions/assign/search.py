"""Ask the directory for whom a case may be given to: no more than it takes to find somebody."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from functions.assign.answers import Answer
from functions.assign.findings import Finding, Findings, Stand
from shared.domain.caseworkers import Account, OwnSetting, Target
from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy, Substitute
from shared.domain.errors import DirectoryAway
from shared.domain.identifiers import AccountId

LONGEST_CHAIN = 5
# Before the last question is asked, in seconds: with its answer below the function's own limit.
LONGEST_SEARCH = 8.0


class Asking(Protocol):
    """One directory. Each method raises DirectoryAway if nothing can be made of that.

    Any other Unavailable is not the directory's: the whole of it has to be tried again.
    """

    def members(self, target: Target) -> Answer: ...

    def accounts(self, ids: Iterable[AccountId]) -> Mapping[AccountId, Account]: ...

    def named(self, dns: Iterable[str]) -> Mapping[str, Account]: ...


OwnOf = Callable[[Collection[AccountId]], Mapping[AccountId, OwnSetting]]
"""What was told to us about accounts, read in a transaction of its own; raises Unavailable."""


@dataclass(frozen=True)
class Search:
    """Goes over the network: not within a transaction."""

    rule: AssignmentRule
    directory: Asking
    own_of: OwnOf
    give_up_at: float = field(default_factory=lambda: time.monotonic() + LONGEST_SEARCH)

    def begin(self) -> Findings:
        """The rule's target, which it has. Raise DirectoryAway."""
        assert self.rule.target is not None  # noqa: S101 - else there is nothing to search for
        return self._found((self._ask(self.rule.target),))

    def go_on(self, findings: Findings, now: datetime) -> Findings:
        """The next that may help: substitutes of whoever is not available, or the fallback.

        Nobody stands in while the directory is away. Raise DirectoryAway if nothing recent is known
        of the fallback.
        """
        *before, last = findings.of_aims
        if time.monotonic() > self.give_up_at:
            return replace(findings, is_all=True)
        if self._lacks_stands(last):
            return self._found((*before, replace(last, stands=self._stands_for(last, now))))
        fallback = self.rule.fallback.target
        assert fallback is not None  # noqa: S101 - else the findings were all there is
        return self._found((*findings.of_aims, self._ask(fallback)))

    def _found(self, of_aims: tuple[Finding, ...]) -> Findings:
        falls_back = self.rule.fallback.target is not None and len(of_aims) == 1
        return Findings(of_aims, is_all=not falls_back and not self._lacks_stands(of_aims[-1]))

    def _lacks_stands(self, finding: Finding) -> bool:
        return (
            finding.members is not None
            and finding.stands is None
            and bool(self.rule.substitutes)
            and self.rule.strategy is not Strategy.TEAM_TRAY
        )

    def _ask(self, target: Target) -> Finding:
        answer = self.directory.members(target)
        return Finding(target, answer.members, answer.answered_at if answer.is_last_good else None)

    def _stands_for(self, finding: Finding, now: datetime) -> tuple[Stand, ...]:
        """By the kinds in their order: whoever has found somebody needs no further one."""
        members = finding.members.accounts if finding.members is not None else ()
        away = [each for each in members if each.left_out(now) is not None and not each.is_service]
        stands: list[Stand] = []
        try:
            for kind in self.rule.substitutes:
                served = {each.stands_for for each in stands if _is_able(each, now)}
                left = [each for each in away if each.id not in served]
                for stand in stands_for(left, kind, self.directory, self.own_of, now):
                    stands.append(stand)
                    if time.monotonic() > self.give_up_at:
                        return tuple(stands)
        except DirectoryAway:
            pass  # whoever was found until then counts
        return tuple(stands)


def stands_for(
    away: Iterable[Account], kind: Substitute, directory: Asking, own_of: OwnOf, now: datetime
) -> Iterator[Stand]:
    """Deputies, or superiors; where one is not available either, theirs, and so on."""
    frontier = [(each, each.id) for each in away]
    seen = {(root, root) for _, root in frontier}
    for distance in range(1, LONGEST_CHAIN + 1):
        found = dict.fromkeys(_next_ones(frontier, _REFERENCES[kind], directory, now))
        own = own_of({account.id for account, _ in found}) if found else {}
        stands = [
            Stand(account.with_own(own.get(account.id)), root, kind, distance)
            for account, root in found
            if (account.id, root) not in seen
        ]
        yield from stands
        seen |= {(stand.account.id, stand.stands_for) for stand in stands}
        frontier = [(each.account, each.stands_for) for each in stands if not _is_able(each, now)]
        if not frontier:
            return


def _is_able(stand: Stand, now: datetime) -> bool:
    return stand.account.left_out(now) is None


Step = tuple[Account, AccountId]
References = Callable[[Account, datetime], tuple[AccountId | None, str | None]]


def _next_ones(
    frontier: Iterable[Step], references: References, directory: Asking, now: datetime
) -> Iterator[Step]:
    wanted = [(references(account, now), root) for account, root in frontier]
    ids = {id_ for (id_, _), _ in wanted if id_ is not None}
    dns = {dn for (_, dn), _ in wanted if dn is not None}
    accounts = directory.accounts(ids) if ids else {}
    named = directory.named(dns) if dns else {}
    for (id_, dn), root in wanted:
        if id_ is not None and id_ in accounts:
            yield accounts[id_], root
        elif dn is not None and dn in named:
            yield named[dn], root


def _deputy(account: Account, now: datetime) -> tuple[AccountId | None, str | None]:
    """Whom an absence names goes before whom the directory does."""
    named = (each.deputy for each in account.absences if each.covers(now))
    return next(filter(None, named), None), account.deputy


def _manager(account: Account, now: datetime) -> tuple[AccountId | None, str | None]:
    return None, account.manager


_REFERENCES: dict[Substitute, References] = {
    Substitute.DEPUTY: _deputy,
    Substitute.MANAGER: _manager,
}
