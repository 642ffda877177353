"""People move: whose cases are taken from them, who gets them, and when a directory is doubted."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.checking import MOVED_ANYWAY, Checking
from functions.assign.ports import Stores
from shared.adapters.memory import (
    InMemoryCases,
    InMemoryCaseworkerDirectory,
    InMemoryNoticeBox,
    InMemoryOwnSettings,
)
from shared.domain.assignment import Outcome
from shared.domain.case import Case, Status
from shared.domain.caseworkers import DIRECTORY_DOUBTFUL, Absence, Account, OwnSetting
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import AccountId, CaseId, UnitId
from tests.assigning import (
    InMemoryDirectoryChecks,
    InMemoryHoldings,
    asking,
    stores_in_memory,
)
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, an_entry, routed
from tests.functions.assign.directories import at

ANNA, BERND, CARLA, DORA = (AccountId(name) for name in ("a-1", "b-2", "c-3", "d-4"))
UNIT = UnitId("u-1")
DIRECTORY = at("ldaps://unused")
NOW = datetime.now(UTC)
AWAY = Absence(starts_at=NOW - timedelta(days=1))


def dn(id_: AccountId) -> str:
    return f"CN={id_},DC=amt"


def person(id_: AccountId, deputy: AccountId | None = None, **more: Any) -> Account:
    return Account.model_validate({"id": id_, "deputy": deputy and dn(deputy), **more})


class World:
    def __init__(self, *people: Account, own: Mapping[AccountId, OwnSetting] | None = None) -> None:
        self.cases = InMemoryCases()
        self.box = InMemoryNoticeBox()
        self.checks = InMemoryDirectoryChecks()
        self.stores = replace(
            stores_in_memory(),
            cases=self.cases,
            holdings=InMemoryHoldings(self.cases),
            own_settings=InMemoryOwnSettings(own),
            notices=self.box,
            checks=self.checks,
        )
        self.directory = InMemoryCaseworkerDirectory({}, {dn(each.id): each for each in people})

    @contextmanager
    def transactions(self) -> Iterator[Stores]:
        yield self.stores

    @property
    def checking(self) -> Checking:
        declared = [(TENANT, DIRECTORY)]
        return Checking(lambda: declared, asking(self.directory), self.transactions)

    def check(self, **how: Any) -> int:
        return self.checking.check(TENANT, DIRECTORY, **how)

    def held_by(self, holder: AccountId, **changes: Any) -> Case:
        authority = changes.pop("authority", TRADE_OFFICE)
        event = routed(self.cases, a_case(**changes), authority)
        case = self.cases.get(event.case_id).assigned_to(UNIT, holder)
        self.cases.save(case, entry=an_entry("case.assigned"))
        return self.cases.get(case.id)

    def now(self, case: Case) -> tuple[UnitId | None, AccountId | None]:
        found = self.cases.get(case.id)
        return found.organizational_unit, found.assignee

    def tasks(self) -> list[str]:
        return [task.kind for task in self.stores.tasks.all_open()]


class Overtaken(InMemoryHoldings):
    """A case changes once it is listed."""

    def __init__(self, cases: InMemoryCases, changed: Case) -> None:
        super().__init__(cases)
        self._changed = changed

    def held_by(self, *whose: Any) -> Sequence[CaseId]:
        found = super().held_by(*whose)
        self._cases.save(self._changed, entry=an_entry("case.changed"))
        return found


class Slow(InMemoryCaseworkerDirectory):
    """Answers when the time is over."""

    over_at = 0.0

    def accounts(
        self, directory: Directory, ids: Collection[AccountId]
    ) -> Mapping[AccountId, Account]:
        while time.monotonic() <= self.over_at:
            time.sleep(0.005)
        return super().accounts(directory, ids)


def test_who_is_there_keeps_their_cases() -> None:
    world = World(person(ANNA), person(BERND, locked=True), person(CARLA, capacity=0))
    cases = [world.held_by(holder) for holder in (ANNA, BERND, CARLA)]

    assert world.check() == 0
    assert [world.now(case) for case in cases] == [(UNIT, ANNA), (UNIT, BERND), (UNIT, CARLA)]


@pytest.mark.parametrize(
    ("left", "why"),
    [
        ({"enabled": False}, "disabled"),
        ({"expires_at": NOW - timedelta(days=1)}, "expired"),
        ({"absences": (AWAY,)}, "absent"),
    ],
)
def test_the_deputy_gets_the_cases_of_who_left(left: dict[str, Any], why: str) -> None:
    world = World(person(ANNA, deputy=BERND, **left), person(BERND))
    case = world.held_by(ANNA)

    assert world.check() == 1

    assert world.now(case) == (UNIT, BERND)
    ((_, decision),) = world.stores.assignments.of_case(case.id)
    assert decision.outcome is Outcome.SUBSTITUTE
    assert decision.reason == f"{ANNA} is {why}; {BERND} is the deputy."
    entry = world.cases.log[case.id][-1]
    assert (entry.action, entry.actor.id, entry.details["from"]) == (
        "case.reassigned",
        "assign",
        ANNA,
    )
    assert [notice.recipient for notice in world.box.notices] == [BERND]


def test_without_a_deputy_they_lie_in_the_units_tray() -> None:
    world = World(person(ANNA))
    case = world.held_by(BERND)

    assert world.check() == 1

    assert world.now(case) == (UNIT, None)
    ((_, decision),) = world.stores.assignments.of_case(case.id)
    assert (decision.outcome, decision.reason) == (
        Outcome.HOLDER_LEFT,
        f"{BERND} is gone; no deputy is available.",
    )


def test_a_deputy_who_is_away_has_one_too_and_a_ring_of_them_ends() -> None:
    world = World(
        person(ANNA, deputy=BERND, enabled=False),
        person(BERND, deputy=CARLA, absences=(AWAY,)),
        person(CARLA, deputy=ANNA),
        person(DORA, deputy=DORA, enabled=False),
    )
    of_anna, of_dora = world.held_by(ANNA), world.held_by(DORA)

    assert world.check() == 2
    assert (world.now(of_anna), world.now(of_dora)) == ((UNIT, CARLA), (UNIT, None))


def test_what_was_told_to_us_counts_as_what_the_directory_says() -> None:
    own = {ANNA: OwnSetting(absences=(AWAY.model_copy(update={"deputy": CARLA}),))}
    world = World(person(ANNA, deputy=BERND), person(BERND), person(CARLA), own=own)
    case = world.held_by(ANNA)

    assert world.check() == 1
    assert world.now(case) == (UNIT, CARLA)


def test_who_is_away_and_keeps_the_cases_keeps_them() -> None:
    own = {ANNA: OwnSetting(absences=(AWAY.model_copy(update={"hands_over": False}),))}
    world = World(person(ANNA, deputy=BERND), person(BERND), own=own)
    case = world.held_by(ANNA)

    assert world.check() == 0
    assert world.now(case) == (UNIT, ANNA)


def test_of_several_absences_the_one_that_names_a_deputy_says_who_it_is() -> None:
    absences = (
        AWAY.model_copy(update={"hands_over": False}),
        AWAY.model_copy(update={"deputy": CARLA}),
    )
    own = {ANNA: OwnSetting(absences=absences)}
    world = World(person(ANNA, deputy=BERND), person(BERND), person(CARLA), own=own)
    case = world.held_by(ANNA)

    assert world.check() == 1
    assert world.now(case) == (UNIT, CARLA)


@pytest.mark.parametrize("change", ["claimed", "closed", "re-routed"])
def test_what_changes_while_it_is_checked_is_left_alone(change: str) -> None:
    world = World(person(ANNA, enabled=False), person(BERND))
    case = world.held_by(ANNA)
    changed = {
        "claimed": case.held_by(UNIT, BERND),
        "closed": case.model_copy(update={"status": Status.CLOSED}),
        "re-routed": case.rerouted_to(BUILDING_OFFICE, TENANT).assigned_to(UNIT, ANNA),
    }[change]

    world.stores = replace(world.stores, holdings=Overtaken(world.cases, changed))

    assert world.check() == 0
    assert world.now(case)[1] == changed.assignee


def test_closed_cases_and_those_of_other_authorities_stay() -> None:
    world = World(person(ANNA, deputy=BERND, enabled=False), person(BERND))
    closed = world.held_by(ANNA, status=Status.CLOSED)
    elsewhere = world.held_by(ANNA, authority=BUILDING_OFFICE)

    assert world.check() == 0
    assert world.now(closed) == world.now(elsewhere) == (UNIT, ANNA)


def test_a_directory_that_knows_nobody_any_more_moves_nobody() -> None:
    world = World(person(CARLA, enabled=False))
    cases = [world.held_by(holder) for holder in (ANNA, BERND, CARLA)]

    assert world.check() == 1  # that Carla is disabled it does say

    assert [world.now(case)[1] for case in cases] == [ANNA, BERND, None]
    assert world.tasks() == [DIRECTORY_DOUBTFUL]


def test_an_operator_may_believe_it() -> None:
    world = World(person(CARLA))
    cases = [world.held_by(holder) for holder in (ANNA, BERND, CARLA)]
    world.check()

    assert world.check(believe=True) == 2

    assert [world.now(case)[1] for case in cases] == [None, None, CARLA]
    assert world.tasks() == []


def test_one_of_many_who_is_gone_is_believed() -> None:
    world = World(person(ANNA), person(CARLA), person(DORA))
    cases = [world.held_by(holder) for holder in (ANNA, BERND, CARLA, DORA)]

    assert world.check() == 1
    assert world.now(cases[1]) == (UNIT, None)


def test_what_a_run_has_no_time_for_the_next_one_does() -> None:
    world = World(person(ANNA, enabled=False))
    cases = [world.held_by(ANNA) for _ in range(MOVED_ANYWAY + 3)]

    assert world.check(deadline=0.0) == MOVED_ANYWAY
    assert world.check() == 3
    assert {world.now(case) for case in cases} == {(UNIT, None)}


def test_a_run_that_is_out_of_time_is_due_again_soon_and_one_that_is_done_is_not() -> None:
    world = World()
    world.directory = directory = Slow({}, {dn(ANNA): person(ANNA, enabled=False)})
    case = world.held_by(ANNA)
    directory.over_at = time.monotonic() + 0.05

    world.checking.run(directory.over_at)
    world.checking.run(float("inf"))

    assert world.checks.notes == [(None, True), (None, False)]
    assert world.now(case) == (UNIT, None)


def test_a_directory_that_always_takes_all_the_time_has_its_cases_moved_nevertheless() -> None:
    world = World()
    world.directory = directory = Slow({}, {dn(ANNA): person(ANNA, enabled=False)})
    cases = [world.held_by(ANNA) for _ in range(2 * MOVED_ANYWAY)]

    for _ in range(2):
        directory.over_at = time.monotonic() + 0.02
        world.checking.run(directory.over_at)

    assert {world.now(case) for case in cases} == {(UNIT, None)}


def test_a_directory_that_is_away_moves_nobody_and_says_so() -> None:
    world = World()
    world.directory = InMemoryCaseworkerDirectory()
    case = world.held_by(ANNA)

    world.checking.run(float("inf"))

    assert world.now(case) == (UNIT, ANNA)
    assert world.checks.notes == [(f"directory {DIRECTORY.id} does not answer", True)]
