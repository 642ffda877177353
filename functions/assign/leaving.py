"""Who of those that have cases is not there any more, by what their directory and they say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.caseworkers import Account, LeftOut, OwnSetting
from shared.domain.identifiers import AccountId

GONE = "gone"
# A lock lasts minutes; and whoever has no capacity for new cases still works on the old ones.
_LEAVING = {LeftOut.DISABLED, LeftOut.EXPIRED}
_DOUBTFUL_FROM = 2


@dataclass(frozen=True)
class Left:
    account: Account
    why: str


def leaving_of(
    holders: Iterable[AccountId],
    known: Mapping[AccountId, Account],
    own: Mapping[AccountId, OwnSetting],
    now: datetime,
) -> Iterator[tuple[AccountId, Left]]:
    for holder in holders:
        account = known.get(holder, Account(id=holder)).with_own(own.get(holder))
        left_out = account.left_out(now)
        if holder not in known:
            yield holder, Left(account, GONE)
        elif left_out in _LEAVING:
            yield holder, Left(account, left_out)
        elif any(each.covers(now) and each.hands_over for each in account.absences):
            yield holder, Left(account, LeftOut.ABSENT)


def is_doubtful(gone: int, holders: int) -> bool:
    """More than a third at once: rather a wrong base, or rights that were lost."""
    return gone >= _DOUBTFUL_FROM and gone * 3 > holders
