"""What the directory has said of a rule's target, and of where it falls back to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.caseworkers import Account, Members, OwnSetting, Target
from shared.domain.configuration.assignment_rules import Substitute
from shared.domain.identifiers import AccountId


@dataclass(frozen=True)
class Stand:
    """Somebody who would stand in for a member; `distance` counts the steps between them."""

    account: Account
    stands_for: AccountId
    kind: Substitute
    distance: int


@dataclass(frozen=True)
class Finding:
    """Without `members` there is no such target; without `stands` nobody has asked for them yet.

    `answer_from` is given where it is the last good answer of a directory that is away.
    """

    target: Target
    members: Members | None
    answer_from: datetime | None = None
    stands: tuple[Stand, ...] | None = None

    def accounts(self) -> Iterator[Account]:
        if self.members is not None:
            yield from self.members.accounts
        for stand in self.stands or ():
            yield stand.account

    def available(self, now: datetime) -> list[Account]:
        members = self.members.accounts if self.members is not None else ()
        return [account for account in members if account.left_out(now) is None]

    def with_own(self, own: Mapping[AccountId, OwnSetting]) -> "Finding":
        """As it is with what was told to us."""
        if self.members is None or not own:
            return self
        accounts = tuple(each.with_own(own.get(each.id)) for each in self.members.accounts)
        stands = self.stands
        if stands is not None:
            stands = tuple(
                replace(stand, account=stand.account.with_own(own.get(stand.account.id)))
                for stand in stands
            )
        members = self.members.model_copy(update={"accounts": accounts})
        return replace(self, members=members, stands=stands)


@dataclass(frozen=True)
class Findings:
    """The target's first, then the fallback's. `is_all`: there is nothing more to ask."""

    of_aims: tuple[Finding, ...] = ()
    is_all: bool = False

    def ids(self) -> set[AccountId]:
        return {account.id for finding in self.of_aims for account in finding.accounts()}

    def available(self, now: datetime) -> set[AccountId]:
        """Members, and who would stand in for one."""
        accounts = (account for finding in self.of_aims for account in finding.accounts())
        return {account.id for account in accounts if account.left_out(now) is None}

    def with_own(self, own: Mapping[AccountId, OwnSetting]) -> "Findings":
        return replace(self, of_aims=tuple(each.with_own(own) for each in self.of_aims))
