"""Whom of those who are available a strategy chooses: pure."""

from collections.abc import Collection, Mapping, Sequence

from shared.domain.caseworkers import Account
from shared.domain.identifiers import AccountId


def least_loaded(
    available: Collection[Account],
    open_cases: Mapping[AccountId, int],
    last: AccountId | None = None,
) -> Account:
    """Whoever has, with this case, the fewest open cases for their capacity.

    Of several the next in turn, or whoever comes first by id would get every case of a quiet week.
    """
    loads = {each.id: (open_cases[each.id] + 1) / each.capacity for each in available}
    least = min(loads.values())
    return next_in_turn([each for each in available if loads[each.id] == least], last)


def next_in_turn(available: Collection[Account], last: AccountId | None) -> Account:
    """In the order of ids, after the last one, whether or not that one is still there."""
    return min(available, key=lambda account: (last is not None and account.id <= last, account.id))


def first_holder(available: Collection[Account], holders: Sequence[AccountId]) -> Account | None:
    by_id = {account.id: account for account in available}
    return next((by_id[holder] for holder in holders if holder in by_id), None)
