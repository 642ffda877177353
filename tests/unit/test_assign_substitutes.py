"""Who gets a case when nobody of the team can have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.choosing import Standing
from functions.assign.decision import decide
from functions.assign.explain import explain
from functions.assign.findings import Finding, Findings
from functions.assign.rules import Plan
from functions.assign.search import Search
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.assignment import Outcome
from shared.domain.caseworkers import Absence, Account, OwnSetting
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import POST_ROOM, AccountId
from tests.assigning import asking
from tests.casework import (
    ANNA,
    BERND,
    CARLA,
    DORA,
    EVER,
    GROUP,
    OTHER,
    OTHER_GROUP,
    OTHER_UNIT,
    TARGET,
    UNIT,
    World,
    a_directory,
    a_rule,
    away,
    team,
)
from tests.factories import TENANT, TRADE_OFFICE, a_case, routed

DEPUTIES = a_rule(substitutes=["deputy"])
BOTH = a_rule(substitutes=["deputy", "manager"])
PEOPLE = {
    "CN=Bernd": Account(id=BERND),
    "CN=Carla": Account(id=CARLA),
    "CN=Dora": Account(id=DORA),
}


def test_a_deputy_stands_in_where_nobody_is_available() -> None:
    world = World(team(away(ANNA, deputy="CN=Bernd")), rules=(DEPUTIES,), people=PEOPLE)

    decision = world.decided()

    assert (decision.outcome, decision.assignee) == (Outcome.SUBSTITUTE, BERND)
    assert decision.organizational_unit == UNIT
    assert explain(decision) == [
        "b-2: substitute",
        "Rule gewerbe: b-2 stands in as deputy for a-1, who is not available.",
        f"Directory: ad, group {GROUP}",
        "  a-1: left out, absent",
        "  b-2: 0 open cases, would stand in for a-1",
    ]


def test_nobody_stands_in_where_the_rule_does_not_say_so() -> None:
    world = World(team(away(ANNA, deputy="CN=Bernd")), people=PEOPLE)

    assert world.decided().outcome is Outcome.NOBODY_AVAILABLE


def test_the_deputy_named_to_us_goes_before_the_directorys() -> None:
    own = {ANNA: OwnSetting(absences=(Absence(starts_at=EVER, deputy=CARLA),))}
    member = Account(id=ANNA, deputy="CN=Bernd")
    world = World(team(member), rules=(DEPUTIES,), people=PEOPLE, own=own)

    assert world.decided().assignee == CARLA


def test_a_deputy_who_is_away_has_a_deputy() -> None:
    """Of which the directory knows nothing: both are away by what was told to us."""
    own = {
        ANNA: OwnSetting(absences=(Absence(starts_at=EVER, deputy=BERND),)),
        BERND: OwnSetting(absences=(Absence(starts_at=EVER, deputy=CARLA),)),
    }
    world = World(team(ANNA), rules=(DEPUTIES,), people=PEOPLE, own=own)

    decision = world.decided()

    assert decision.assignee == CARLA
    assert decision.reason.endswith("c-3 stands in as deputy for a-1, who is not available.")


def test_deputies_go_before_superiors_and_near_ones_before_far_ones() -> None:
    chain = {
        "CN=Boss": Account(id=CARLA),
        "CN=Deputy": away(BERND, deputy="CN=Far"),
        "CN=Far": Account(id=DORA),
    }
    member = away(ANNA, deputy="CN=Deputy", manager="CN=Boss")

    assert World(team(member), rules=(BOTH,), people=chain).decided().assignee == DORA
    del chain["CN=Far"]
    assert World(team(member), rules=(BOTH,), people=chain).decided().assignee == CARLA
    manager_first = (a_rule(substitutes=["manager", "deputy"]),)
    assert World(team(member), rules=manager_first, people=chain).decided().assignee == CARLA


def test_who_is_found_is_not_searched_further() -> None:
    people = {"CN=Bernd": Account(id=BERND, manager="CN=Carla", deputy="CN=Carla")} | {
        "CN=Carla": Account(id=CARLA)
    }
    members = team(away(ANNA, deputy="CN=Bernd", manager="CN=Carla"))
    world = World(rules=(BOTH,))
    world.directory = counting = Counting({TARGET: members}, people)

    assert world.decided().assignee == BERND
    assert counting.looked_up == [["CN=Bernd"]]


class Counting(InMemoryCaseworkerDirectory):
    def __init__(self, *known: Any) -> None:
        super().__init__(*known)
        self.looked_up: list[list[str]] = []

    def named(self, directory: Directory, dns: Any) -> Any:
        self.looked_up.append(list(dns))
        return super().named(directory, dns)


@pytest.mark.parametrize("kind", ["deputy", "manager"])
def test_two_who_stand_in_for_each_other_and_are_both_away_end_in_the_tray(kind: str) -> None:
    circle = {
        "CN=Anna": away(ANNA, **{kind: "CN=Bernd"}),
        "CN=Bernd": away(BERND, **{kind: "CN=Anna"}),
    }
    rule = a_rule(substitutes=[kind])
    world = World(rules=(rule,))
    world.directory = counting = Counting({TARGET: team(circle["CN=Anna"])}, circle)

    decision = world.decided()

    assert (decision.outcome, decision.assignee) == (Outcome.NOBODY_AVAILABLE, None)
    assert counting.looked_up == [["CN=Bernd"], ["CN=Anna"]]


def test_nobody_stands_in_for_a_service_account() -> None:
    service = Account(id=ANNA, is_service=True, deputy="CN=Bernd")
    world = World(team(service), rules=(DEPUTIES,), people=PEOPLE)

    assert world.decided().outcome is Outcome.NOBODY_AVAILABLE


def test_of_two_deputies_the_one_with_less_to_do_stands_in() -> None:
    members = team(away(ANNA, deputy="CN=Carla"), away(BERND, deputy="CN=Dora"))
    world = World(members, rules=(DEPUTIES,), people=PEOPLE)

    assert [world.decided().assignee for _ in range(3)] == [CARLA, DORA, CARLA]


@pytest.mark.parametrize("members", [None, team(), team(away(ANNA))])
def test_a_rule_falls_back_to_another_group(members: Any) -> None:
    rule = a_rule(strategy="round_robin", fallback={"group": OTHER_GROUP})
    world = World(members, rules=(rule,), others=team(CARLA, DORA, unit=OTHER_UNIT))

    decisions = [world.decided() for _ in range(3)]

    assert [each.assignee for each in decisions] == [CARLA, DORA, CARLA]
    assert {each.outcome for each in decisions} == {Outcome.ROUND_ROBIN}
    assert (decisions[0].organizational_unit, decisions[0].target) == (OTHER_UNIT, OTHER)
    assert decisions[0].reason == (
        "Rule gewerbe: of 2 available, c-3 is the next in turn. Nobody was found in its own group."
    )


def test_substitutes_go_before_the_fallback_and_the_fallback_has_its_own() -> None:
    rule = a_rule(substitutes=["deputy"], fallback={"group": OTHER_GROUP})
    others = team(away(CARLA, deputy="CN=Dora"), unit=OTHER_UNIT)
    at_home = World(
        team(away(ANNA, deputy="CN=Bernd")), rules=(rule,), people=PEOPLE, others=others
    )
    elsewhere = World(team(away(ANNA)), rules=(rule,), people=PEOPLE, others=others)

    assert at_home.decided().assignee == BERND
    assert at_home.directory.asked == [TARGET]
    assert elsewhere.decided().assignee == DORA


@pytest.mark.parametrize(
    ("fallback", "unit", "added"),
    [
        ({"tray": "team_tray"}, None, ""),
        ({"tray": "post_room"}, POST_ROOM, ""),
        ({"group": OTHER_GROUP}, None, ", nor in what it falls back to"),
    ],
)
def test_who_finds_nobody_at_all_leaves_it_to_a_tray(
    fallback: dict[str, str], unit: str | None, added: str
) -> None:
    decision = World(team(), rules=(a_rule(fallback=fallback),)).decided()

    assert (decision.organizational_unit, decision.assignee) == (unit, None)
    assert decision.reason == (f"Rule gewerbe counts, but nobody is available in its group{added}.")


def test_while_the_directory_is_away_nobody_stands_in_and_the_fallback_counts() -> None:
    """Both groups are remembered, and the deputy would have to be asked for."""
    rule = a_rule(substitutes=["deputy"], fallback={"group": OTHER_GROUP})
    world = World(rules=(rule,))
    members = team(away(ANNA, deputy="CN=Bernd"))
    directory = Deaf({TARGET: members, OTHER: team(CARLA, unit=OTHER_UNIT)})
    remembering = asking(directory)
    world.asking = lambda: remembering
    assert world.decided().assignee == CARLA

    directory.is_deaf = True

    assert world.decided().assignee == CARLA
    assert directory.asked == [TARGET, OTHER]


class Deaf(InMemoryCaseworkerDirectory):
    is_deaf = False

    def named(self, directory: Directory, dns: Any) -> Any:
        if self.is_deaf:
            raise Unavailable("directory ad: down")
        return super().named(directory, dns)


def test_a_fallback_that_cannot_be_asked_is_tried_again() -> None:
    world = World(rules=(a_rule(fallback={"group": OTHER_GROUP}),))
    world.directory = Half({TARGET: team()})

    with pytest.raises(Unavailable):
        world.assign(routed(world.cases, a_case()))


class Half(InMemoryCaseworkerDirectory):
    def members(self, directory: Directory, target: Any) -> Any:
        if target != TARGET:
            raise Unavailable("directory ad: down")
        return super().members(directory, target)


def test_of_two_answers_that_count_the_older_one_is_marked_on_the_case() -> None:
    now = datetime.now(UTC)
    older = now - timedelta(minutes=9)
    rule = a_rule(fallback={"group": OTHER_GROUP})
    findings = Findings(
        (Finding(TARGET, team(), answer_from=older), Finding(OTHER, team(ANNA), answer_from=now)),
        is_all=True,
    )

    decision = decide(
        Plan(TRADE_OFFICE, rule, a_directory()), findings, Standing(now, open_cases={ANNA: 0})
    )

    assert decision is not None
    assert (decision.assignee, decision.answer_from) == (ANNA, older)


def test_where_there_is_no_time_left_nobody_more_is_asked_for() -> None:
    rule = a_rule(substitutes=["deputy"], fallback={"group": OTHER_GROUP})
    world = World(team(away(ANNA, deputy="CN=Bernd")), people=PEOPLE, others=team(CARLA))
    directory = a_directory()
    asked = world.asking()(TENANT, directory)
    search = Search(rule, asked, lambda _: {}, give_up_at=0)
    now = datetime.now(UTC)

    findings = search.go_on(search.begin(), now)
    decision = decide(Plan(TRADE_OFFICE, rule, directory), findings, Standing(now))

    assert decision is not None
    assert world.directory.asked == [TARGET]
    assert decision.reason == (
        "Rule gewerbe counts, but nobody is available in its group (1 absent), and there was no "
        "time to ask for what it falls back to."
    )


def test_an_account_may_be_both_member_and_deputy() -> None:
    members = team(away(ANNA, deputy="CN=Bernd"), Account(id=BERND, enabled=False))
    people = {"CN=Bernd": Account(id=BERND, enabled=False, deputy="CN=Carla")} | {
        "CN=Carla": PEOPLE["CN=Carla"]
    }
    decision = World(members, rules=(DEPUTIES,), people=people).decided()

    accounts: list[AccountId] = [each.account for each in decision.candidates]
    assert decision.assignee == CARLA
    assert accounts == [ANNA, BERND, CARLA]
