"""Try a directory: whether its servers work, and whom the groups and units of the rules hold."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from functions.assign.rules import TenantRules
from shared.domain.caseworkers import LeftOut, Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AuthorityId
from shared.ports import CaseworkerDirectory


@dataclass(frozen=True)
class TargetFound:
    """A group or unit, and which rules name it; `failure` says what to mend."""

    target: Target
    rules: tuple[str, ...]
    members: int = 0
    available: int = 0
    left_out: dict[LeftOut, int] = field(default_factory=dict)
    unreadable: int = 0
    failure: str = ""

    @property
    def text(self) -> str:
        if self.failure:
            return self.failure
        said = [f"{self.members} people, {self.available} available"]
        reasons = [f"{count} {reason.replace('_', ' ')}" for reason, count in self.left_out.items()]
        if reasons:
            said.append(f"left out: {', '.join(reasons)}")
        if self.unreadable:
            said.append(f"{self.unreadable} more cannot be read, or are no people")
        if not self.available:
            said.append("its cases go to substitutes, the fallback or a tray")
        return "; ".join(said)


def targets_of(declared: TenantRules, directory: Directory) -> dict[Target, tuple[str, ...]]:
    """What the rules of its authorities name, and the ids of those rules."""
    named: dict[Target, tuple[str, ...]] = {}
    for authority in directory.authorities:
        for rule in declared.of(AuthorityId(authority)):
            for target in (rule.target, rule.fallback.target):
                if target is not None:
                    named[target] = (*named.get(target, ()), rule.id)
    return named


def look_up_targets(
    declared: TenantRules, directory: Directory, caseworkers: CaseworkerDirectory
) -> Iterator[TargetFound]:
    """As the directory has them, without what was told to us of its people."""
    for target, rules in targets_of(declared, directory).items():
        try:
            members = caseworkers.members(directory, target)
        except Unavailable as exc:
            failure = str(exc).removeprefix(f"directory {directory.id}: ")
            yield TargetFound(target, rules, failure=failure)
        else:
            yield _found(target, rules, members)


def _found(target: Target, rules: tuple[str, ...], members: Members | None) -> TargetFound:
    if members is None:
        failure = (
            f"there is no such {target.kind} below the base, or our account may not read it: "
            "compare the name with the directory's"
        )
        return TargetFound(target, rules, failure=failure)
    now = datetime.now(UTC)
    reasons = Counter(filter(None, (account.left_out(now) for account in members.accounts)))
    return TargetFound(
        target,
        rules,
        members=len(members.accounts),
        available=len(members.available(now)),
        left_out={reason: reasons[reason] for reason in LeftOut if reason in reasons},
        unreadable=members.unreadable,
    )
