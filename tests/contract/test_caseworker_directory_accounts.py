"""What every `CaseworkerDirectory` adapter promises of accounts, run against each of them."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.domain.caseworkers import LeftOut
from shared.domain.identifiers import AccountId
from tests.contract.caseworker_directories import Served
from tests.directories.municipality import (
    AENNE,
    ANTON,
    BERTA,
    CROWD,
    DELETED,
    DISABLED,
    EMPTY_GROUP,
    EXPIRED,
    GERDA,
    KARL,
    KLARA,
    LEA,
    LOCKED,
    NELE,
    OTTO,
    PAUL,
    PEOPLE,
    SCANNER,
    STAR,
    TEAM_BUILDING,
)
from tests.functions.assign.directories import group

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dn", "why"),
    [
        (DISABLED, LeftOut.DISABLED),
        (EXPIRED, LeftOut.EXPIRED),
        (LOCKED, LeftOut.LOCKED),
        (SCANNER, LeftOut.SERVICE_ACCOUNT),
        (GERDA, LeftOut.ABSENT),
        (BERTA, None),
    ],
)
def test_an_account_says_why_it_gets_no_case(served: Served, dn: str, why: LeftOut | None) -> None:
    assert served.account(dn).left_out(NOW) == why


def test_who_gets_no_case_is_a_member_all_the_same(served: Served) -> None:
    members = served.members(group(TEAM_BUILDING))

    assert {DISABLED, EXPIRED, LOCKED} < served.names_in(group(TEAM_BUILDING))
    assert {*members.available(NOW)} == {served.ids[BERTA], served.ids[PAUL]}


def test_the_same_is_said_of_an_account_however_it_was_asked_for(served: Served) -> None:
    by_group = {account.id: account for account in served.members(group(TEAM_BUILDING)).accounts}
    by_name = served.port.named(served.declared, [BERTA, PAUL])

    for dn in (BERTA, PAUL):
        assert served.account(dn) == by_group[AccountId(served.ids[dn])] == by_name[dn]


def test_capacity_is_in_percent_of_a_full_share(served: Served) -> None:
    assert [served.account(dn).capacity for dn in (PAUL, OTTO, KARL)] == [50, 100, 100]


def test_deputies_and_managers_lead_to_others(served: Served) -> None:
    def chain(dn: str) -> list[str]:
        found = [dn]
        while len(found) < 5 and (manager := served.account(found[-1]).manager) is not None:
            (account,) = served.port.named(served.declared, [manager]).values()
            found += [name for name, id_ in served.ids.items() if id_ == account.id]
        return found

    deputy = served.account(AENNE).deputy
    assert deputy is not None
    assert served.port.named(served.declared, [deputy]) == {deputy: served.account(GERDA)}
    assert chain(GERDA) == [GERDA, OTTO, ANTON, LEA]
    assert chain(KARL) == [KARL, KLARA, KARL, KLARA, KARL]


def test_accounts_are_found_by_their_ids(served: Served) -> None:
    wanted = {AccountId(served.ids[person.dn]) for person in (*PEOPLE, *CROWD[:400])}
    outside = AccountId(served.ids[NELE])

    assert {*served.port.accounts(served.declared, wanted)} == wanted - {outside}
    assert served.port.accounts(served.declared, []) == {}


def test_an_id_that_nobody_has_is_not_there(served: Served) -> None:
    others = [str(uuid4()), "", "*", "no id", served.ids[TEAM_BUILDING]]

    assert served.port.accounts(served.declared, [AccountId(each) for each in others]) == {}


def test_of_names_only_those_of_people_below_the_base_are_there(served: Served) -> None:
    others = [DELETED, NELE, TEAM_BUILDING, "no name at all", f"{STAR},DC=x"]

    assert {*served.port.named(served.declared, [STAR, *others])} == {STAR}
    assert served.port.named(served.declared, others) == {}


def test_mail_goes_to_whoever_has_an_address(served: Served) -> None:
    ids = [served.ids[dn] for dn in (BERTA, STAR, EMPTY_GROUP, NELE)]

    found = served.port.addresses(served.declared, ids)

    assert found == {ids[0]: "bbau@amt.example", ids[1]: "sschraeg@amt.example"}
