"""Claiming, giving back and handing on: what a case allows, and what goes on its record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.holding import Place, claim, consent, reassign, release, withdraw_consent
from functions.assign.ports import Stores
from shared.adapters.memory import InMemoryCases, InMemoryNoticeBox
from shared.domain.actor import Actor
from shared.domain.assignment import Outcome
from shared.domain.case import Case, Status
from shared.domain.caseworkers import Absence, Account
from shared.domain.errors import HeldByAnother, NotAssignable, StaleCase
from shared.domain.identifiers import CLEARING_OFFICE, POST_ROOM, AccountId, UnitId
from shared.domain.notice import Recipient
from tests.assigning import InMemoryHoldings, stores_in_memory
from tests.factories import a_case, an_entry, routed

ANNA, BERND, CARLA = (AccountId(name) for name in ("a-1", "b-2", "c-3"))
UNIT = UnitId("u-1")
OPERATOR = Actor.operator("ops")
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def by(account: AccountId) -> Actor:
    return Actor.caseworker(account)


@pytest.fixture
def stores() -> Stores:
    return stores_in_memory()


def held(
    stores: Stores, holder: AccountId | None, unit: UnitId | None = UNIT, **changes: Any
) -> Case:
    event = routed(stores.cases, a_case(**changes))
    case = stores.cases.get(event.case_id).assigned_to(unit, holder)
    stores.cases.save(case, entry=an_entry("case.assigned"))
    return stores.cases.get(case.id)


def decided(stores: Stores, case: Case) -> list[tuple[Outcome, AccountId | None]]:
    return [(each.outcome, each.assignee) for _, each in stores.assignments.of_case(case.id)]


def test_what_nobody_has_can_be_claimed(stores: Stores) -> None:
    case = held(stores, None)

    claimed = claim(case.id, case.version, ANNA, by(ANNA), stores)

    assert stores.cases.get(case.id) == claimed
    assert (claimed.assignee, claimed.organizational_unit) == (ANNA, UNIT)
    assert decided(stores, case) == [(Outcome.CLAIMED, ANNA)]


def test_a_colleagues_case_cannot_be_taken(stores: Stores) -> None:
    case = held(stores, ANNA)

    with pytest.raises(HeldByAnother):
        claim(case.id, case.version, BERND, by(BERND), stores)

    assert stores.cases.get(case.id) == case


@pytest.mark.parametrize("to", [BERND, None], ids=["to one", "to anybody"])
def test_with_the_holders_consent_it_can(stores: Stores, to: AccountId | None) -> None:
    case = held(stores, ANNA)
    consent(case.id, case.version, to, by(ANNA), stores)

    claimed = claim(case.id, case.version + 1, BERND, by(BERND), stores)

    assert claimed.assignee == BERND
    with pytest.raises(HeldByAnother):
        claim(case.id, claimed.version, ANNA, by(ANNA), stores)


def test_a_consent_is_for_whom_it_names_and_from_who_has_the_case(stores: Stores) -> None:
    case = held(stores, ANNA)
    with pytest.raises(HeldByAnother):
        consent(case.id, case.version, CARLA, by(CARLA), stores)
    consent(case.id, case.version, CARLA, by(ANNA), stores)

    with pytest.raises(HeldByAnother):
        claim(case.id, case.version + 1, BERND, by(BERND), stores)


def test_a_former_holders_consent_is_of_no_effect(stores: Stores) -> None:
    case = held(stores, ANNA)
    consent(case.id, case.version, None, by(ANNA), stores)
    person = Account(id=BERND)
    case = reassign(case.id, case.version + 1, person, "Urlaub", OPERATOR, stores, NOW)

    with pytest.raises(HeldByAnother):
        claim(case.id, case.version, CARLA, by(CARLA), stores)


def test_a_consent_is_withdrawn_by_who_gave_it(stores: Stores) -> None:
    case = held(stores, ANNA)
    consent(case.id, case.version, None, by(ANNA), stores)
    with pytest.raises(HeldByAnother):
        withdraw_consent(case.id, case.version + 1, by(BERND), stores)

    withdraw_consent(case.id, case.version + 1, by(ANNA), stores)

    with pytest.raises(HeldByAnother):
        claim(case.id, case.version + 2, BERND, by(BERND), stores)


def test_withdrawing_what_was_not_given_changes_nothing(stores: Stores) -> None:
    case = held(stores, ANNA)

    withdraw_consent(case.id, case.version, by(ANNA), stores)

    assert stores.cases.get(case.id) == case


def test_claiming_again_changes_nothing(stores: Stores) -> None:
    case = held(stores, ANNA)

    assert claim(case.id, case.version - 1, ANNA, by(ANNA), stores) == case
    assert decided(stores, case) == []


def test_its_holder_gives_it_back_to_its_tray(stores: Stores) -> None:
    case = held(stores, ANNA)
    with pytest.raises(HeldByAnother):
        release(case.id, case.version, by(BERND), stores)

    released = release(case.id, case.version, by(ANNA), stores)

    assert (released.assignee, released.organizational_unit) == (None, UNIT)
    assert decided(stores, case) == [(Outcome.RELEASED, None)]
    with pytest.raises(NotAssignable, match="nobody has the case"):
        release(case.id, released.version, OPERATOR, stores)


@pytest.mark.parametrize(
    ("place", "unit"),
    [(Place.UNIT_TRAY, UNIT), (Place.TEAM_TRAY, None), (Place.POST_ROOM, POST_ROOM)],
)
def test_a_case_is_put_into_each_kind_of_tray(
    stores: Stores, place: Place, unit: UnitId | None
) -> None:
    case = held(stores, ANNA)

    moved = reassign(case.id, case.version, place, "Irrläufer", OPERATOR, stores, NOW)

    assert (moved.assignee, moved.organizational_unit) == (None, unit)


def test_who_gets_it_from_a_person_is_told_and_who_takes_it_is_not(stores: Stores) -> None:
    box = InMemoryNoticeBox()
    stores = replace(stores, notices=box)
    case = held(stores, None)

    case = claim(case.id, case.version, ANNA, by(ANNA), stores)
    assert box.notices == []
    reassign(case.id, case.version, Account(id=BERND), "Vertretung", by(ANNA), stores, NOW)

    (notice,) = box.notices
    assert (notice.kind, notice.recipient) == (Recipient.ACCOUNT, BERND)


@pytest.mark.parametrize(
    "unfit",
    [
        {"enabled": False},
        {"expires_at": NOW - timedelta(days=1)},
        {"is_service": True},
        {"absences": (Absence(starts_at=NOW - timedelta(days=1)),)},
    ],
    ids=["disabled", "expired", "service account", "absent"],
)
def test_nobody_gets_it_who_is_not_there(stores: Stores, unfit: dict[str, Any]) -> None:
    case = held(stores, ANNA)
    account = Account.model_validate({"id": BERND, **unfit})

    with pytest.raises(NotAssignable, match="the account is left out"):
        reassign(case.id, case.version, account, "Vertretung", OPERATOR, stores, NOW)


@pytest.mark.parametrize("unfit", [{"locked": True}, {"capacity": 0}])
def test_a_person_may_give_it_to_who_gets_none_by_rule(
    stores: Stores, unfit: dict[str, Any]
) -> None:
    case = held(stores, ANNA)
    account = Account.model_validate({"id": BERND, **unfit})

    moved = reassign(case.id, case.version, account, "Absprache", OPERATOR, stores, NOW)

    assert moved.assignee == BERND


@pytest.mark.parametrize("reason", ["", "  ", "zwei\nZeilen", "x" * 201])
def test_a_reason_is_one_line(stores: Stores, reason: str) -> None:
    case = held(stores, ANNA)

    with pytest.raises(NotAssignable, match="the reason has to be one line"):
        reassign(case.id, case.version, Account(id=BERND), reason, OPERATOR, stores, NOW)


def test_the_record_says_who_did_it_and_why(stores: Stores) -> None:
    cases = InMemoryCases()
    stores = replace(stores_in_memory(), cases=cases, holdings=InMemoryHoldings(cases))
    case = held(stores, ANNA)

    reassign(case.id, case.version, Account(id=BERND), "Vertretung", OPERATOR, stores, NOW)

    entry = cases.log[case.id][-1]
    assert (entry.actor, entry.action) == (OPERATOR, "case.reassigned")
    assert entry.details == {
        "round": 1,
        "from": ANNA,
        "to": BERND,
        "organizational_unit": UNIT,
        "reason": "Vertretung",
    }


def test_whoever_has_seen_an_older_case_looks_again(stores: Stores) -> None:
    case = held(stores, None)
    claim(case.id, case.version, ANNA, by(ANNA), stores)

    with pytest.raises(StaleCase):
        claim(case.id, case.version, BERND, by(BERND), stores)
    with pytest.raises(StaleCase):
        release(case.id, case.version, by(ANNA), stores)
    with pytest.raises(StaleCase):
        reassign(case.id, case.version, Place.TEAM_TRAY, "Irrläufer", OPERATOR, stores, NOW)


@pytest.mark.parametrize(
    "status", [Status.DISCARDED, Status.DECIDED, Status.CLOSED, Status.MARKED_FOR_DELETION]
)
def test_what_is_done_is_left_with_whom_it_lies(stores: Stores, status: Status) -> None:
    case = held(stores, None, status=status)

    with pytest.raises(NotAssignable, match="it has to be reopened first"):
        claim(case.id, case.version, ANNA, by(ANNA), stores)


def test_before_it_is_assigned_there_is_nothing_to_claim(stores: Stores) -> None:
    waiting = stores.cases.get(routed(stores.cases, a_case(), CLEARING_OFFICE).case_id)

    with pytest.raises(NotAssignable, match="it has to have an authority first"):
        claim(waiting.id, waiting.version, ANNA, by(ANNA), stores)
