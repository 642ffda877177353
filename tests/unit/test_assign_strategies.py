"""Whom of a team each strategy chooses."""

from typing import Any

import pytest

from functions.assign.particulars import Particulars
from shared.domain.assignment import Outcome
from shared.domain.case import Status
from shared.domain.caseworkers import Account, OwnSetting
from shared.domain.identifiers import AccountId, TenantId
from shared.domain.submission import FieldKind, FormField, Mailbox
from tests.casework import (
    ANNA,
    BERND,
    CARLA,
    DORA,
    UNIT,
    World,
    a_rule,
    away,
    team,
)
from tests.factories import a_case, an_entry, routed

STICKY = a_rule(strategy="sticky", applicant_fields=["name"])


def test_half_the_capacity_is_half_the_cases() -> None:
    world = World(team(ANNA, Account(id=BERND, capacity=50)))

    assignees = [world.decided().assignee for _ in range(6)]

    assert (assignees.count(ANNA), assignees.count(BERND)) == (4, 2)


def test_what_was_told_to_us_goes_before_what_the_directory_says() -> None:
    own = {BERND: OwnSetting(capacity=0), CARLA: OwnSetting(absences=away(CARLA).absences)}
    world = World(team(Account(id=ANNA, capacity=10), BERND, CARLA), own=own)

    decision = world.decided()

    assert decision.assignee == ANNA
    assert [(each.account, each.left_out) for each in decision.candidates] == [
        (ANNA, None),
        (BERND, "no_capacity"),
        (CARLA, "absent"),
    ]


def test_a_quiet_week_is_not_the_first_ones_alone() -> None:
    world = World(team(CARLA, ANNA, BERND))

    assert [done_at_once(world) for _ in range(4)] == [ANNA, BERND, CARLA, ANNA]


def done_at_once(world: World) -> AccountId | None:
    event = routed(world.cases, a_case())
    world.assign(event)
    case = world.cases.get(event.case_id)
    world.cases.save(case.model_copy(update={"status": Status.CLOSED}), entry=an_entry())
    return case.assignee


def test_in_turn_everybody_gets_one_whatever_they_have() -> None:
    world = World(team(ANNA, BERND), rules=(a_rule(strategy="round_robin"),))
    for _ in range(3):
        event = routed(world.cases, a_case())
        world.cases.save(
            world.cases.get(event.case_id).assigned_to(UNIT, ANNA), entry=an_entry("case.assigned")
        )

    assert [world.decided().assignee for _ in range(4)] == [ANNA, BERND, ANNA, BERND]


@pytest.mark.parametrize(
    ("changed", "following"),
    [
        (team(ANNA, away(BERND), CARLA), CARLA),
        (team(ANNA, CARLA), CARLA),
        (team(CARLA, DORA), CARLA),
        (team(ANNA), ANNA),
    ],
    ids=["absent", "not there any more", "nor the one before", "nobody else"],
)
def test_the_turn_passes_over_whoever_is_not_available(changed: Any, following: AccountId) -> None:
    world = World(team(ANNA, BERND, CARLA), rules=(a_rule(strategy="round_robin"),))
    assert world.decided().assignee == ANNA

    changed_world = World(changed, rules=tuple(world.rules_of(_tenant(world)).rules))
    world.directory = changed_world.directory

    decision = world.decided()
    assert (decision.assignee, decision.outcome) == (following, Outcome.ROUND_ROBIN)
    assert decision.reason.endswith(f"{following} is the next in turn.")


def _tenant(world: World) -> TenantId:
    return next(iter(world.rules))


def test_an_applicants_next_case_goes_to_whoever_has_the_other() -> None:
    world = World(team(ANNA, BERND, CARLA), rules=(STICKY,))

    first = sent_by(world, "Müller")
    others = [sent_by(world, name) for name in ("Meier", "Schulz", "Kunz")]
    again = sent_by(world, "  MÜLLER ")

    assert [first, *others] == [ANNA, BERND, CARLA, ANNA]
    assert again == ANNA


def test_a_case_of_the_applicant_that_is_closed_binds_nobody() -> None:
    world = World(team(ANNA, BERND), rules=(STICKY,))
    assert sent_by(world, "Müller", close=True) == ANNA

    assert sent_by(world, "Müller") == BERND


def test_whoever_has_left_the_team_does_not_get_the_applicants_next_case() -> None:
    world = World(team(ANNA), rules=(STICKY,))
    sent_by(world, "Müller")

    world.directory = World(team(BERND)).directory

    assert sent_by(world, "Müller") == BERND


@pytest.mark.parametrize(("substitutes", "gets_it"), [(["deputy"], DORA), ([], BERND)])
def test_while_the_holder_is_away_a_deputy_goes_before_the_others(
    substitutes: list[str], gets_it: AccountId
) -> None:
    rule = STICKY.model_copy(update={"substitutes": tuple(substitutes)})
    world = World(team(ANNA, BERND), rules=(rule,))
    assert sent_by(world, "Müller") == ANNA

    people = {"CN=Dora": Account(id=DORA)}
    absent = away(ANNA, deputy="CN=Dora")
    world.directory = World(team(absent, BERND), people=people).directory

    assert sent_by(world, "Müller") == gets_it
    assert sent_by(world, "Meier") == BERND


def test_the_mailbox_tells_the_applicant_where_no_fields_are_named() -> None:
    world = World(team(ANNA, BERND), rules=(a_rule(strategy="sticky"),))
    box, other = Mailbox(identifier="4711", type="bundid"), Mailbox(identifier="4711", type="mein")

    assignees = [said_of(world, Particulars(mailbox=each)) for each in (box, other, other, box)]

    assert assignees == [ANNA, BERND, BERND, ANNA]


def test_applicants_who_cannot_be_told_are_not_taken_for_one() -> None:
    rule = a_rule(strategy="sticky", applicant_fields=["name", "born"])
    world = World(team(ANNA, BERND), rules=(rule,))

    half = Particulars(fields=(filled("name", "Müller"),))
    nobody = Particulars(fields=(filled("name", "Müller"), filled("born", " ")))

    assert [said_of(world, each) for each in (half, half, nobody)] == [ANNA, BERND, ANNA]


def sent_by(world: World, name: str, *, close: bool = False) -> AccountId | None:
    return said_of(world, Particulars(fields=(filled("name", name),)), close=close)


def said_of(world: World, particulars: Particulars, *, close: bool = False) -> AccountId | None:
    event = routed(world.cases, a_case())
    world.particulars.known[event.case_id] = particulars
    world.assign(event)
    case = world.cases.get(event.case_id)
    if close:
        world.cases.save(case.model_copy(update={"status": Status.CLOSED}), entry=an_entry())
    return case.assignee


def filled(name: str, value: str) -> FormField:
    return FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
