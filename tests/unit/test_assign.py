"""Who gets a case, and who does not: the rules of the decision, one by one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.assign import assign
from functions.assign.explain import explain
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.assignment import Outcome
from shared.domain.case import Case, Stage
from shared.domain.caseworkers import Account, Members, Target
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.errors import StaleCase, Unavailable
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, POST_ROOM, LeikaKey
from shared.domain.notice import Recipient
from tests.assigning import asking
from tests.casework import (
    ANNA,
    BERND,
    CARLA,
    GROUP,
    TARGET,
    UNIT,
    World,
    a_directory,
    a_rule,
    team,
)
from tests.factories import BUILDING_OFFICE, TRADE_OFFICE, a_case, routed


def test_a_case_goes_to_whoever_has_the_fewest_open_cases() -> None:
    world = World(team(ANNA, BERND))

    assignees = [world.decided().assignee for _ in range(4)]

    assert assignees == [ANNA, BERND, ANNA, BERND]


def test_the_case_the_event_and_the_record_say_the_same() -> None:
    world = World(team(ANNA))
    event = routed(world.cases, a_case())

    reply = world.assign(event)

    case = world.cases.get(event.case_id)
    assert reply is not None
    assert (reply.authority, reply.organizational_unit, reply.assignee) == (
        TRADE_OFFICE,
        UNIT,
        ANNA,
    )
    assert (case.stage, case.organizational_unit, case.assignee) == (Stage.ASSIGNED, UNIT, ANNA)
    assert world.cases.log[case.id][-1].details == {
        "round": 1,
        "authority": TRADE_OFFICE,
        "organizational_unit": UNIT,
        "assignee": ANNA,
        "outcome": "least_open_cases",
        "rule": "gewerbe",
    }


def test_the_decision_says_who_else_could_have_had_it_and_who_could_not() -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    world = World(
        team(
            ANNA,
            Account(id=BERND, enabled=False),
            Account(id=CARLA, expires_at=yesterday),
            unreadable=1,
        )
    )
    world.decided()

    decision = world.decided()

    assert decision.assignee == ANNA
    assert decision.reason == "Rule gewerbe: of 1 available, a-1 has the fewest open cases (1)."
    assert explain(decision) == [
        "a-1: least open cases",
        decision.reason,
        f"Directory: ad, group {GROUP}",
        "  a-1: 1 open case",
        "  b-2: left out, disabled",
        "  c-3: left out, expired",
        "  1 more cannot be read, or are no accounts",
    ]


def test_a_case_that_no_rule_counts_for_goes_to_the_post_room() -> None:
    decision = World(rules=()).decided()

    assert (decision.outcome, decision.organizational_unit) == (Outcome.NO_RULE, POST_ROOM)
    assert explain(decision) == [
        "post room: no rule",
        "No rule of foerdetal-gewerbe counts for this case: it goes to the post room.",
    ]


def test_an_account_that_expires_later_still_counts() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    assert World(team(Account(id=ANNA, expires_at=tomorrow))).decided().assignee == ANNA


@pytest.mark.parametrize(
    ("world", "outcome", "reason"),
    [
        (
            World(team(ANNA), directories=(a_directory(authorities=[BUILDING_OFFICE]),)),
            Outcome.NO_DIRECTORY,
            "Rule gewerbe counts, but no directory serves foerdetal-gewerbe.",
        ),
        (
            World(members=None),
            Outcome.UNKNOWN_TARGET,
            "Rule gewerbe counts, but directory ad has no such group.",
        ),
        (
            World(team()),
            Outcome.NOBODY_AVAILABLE,
            "Rule gewerbe counts, but nobody is available in its group.",
        ),
        (
            World(team(Account(id=ANNA, locked=True), unreadable=2)),
            Outcome.NOBODY_AVAILABLE,
            "Rule gewerbe counts, but nobody is available in its group (1 locked, 2 not readable).",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Outcome) else "",
)
def test_without_anybody_to_give_it_to_the_case_lies_in_the_authoritys_tray(
    world: World, outcome: Outcome, reason: str
) -> None:
    decision = world.decided()

    assert (decision.outcome, decision.reason) == (outcome, reason)
    assert (decision.organizational_unit, decision.assignee) == (None, None)


def test_a_rule_may_leave_it_to_the_team_of_a_unit() -> None:
    decision = World(team(ANNA), rules=(a_rule(strategy="team_tray"),)).decided()

    assert decision.outcome is Outcome.TEAM_TRAY
    assert (decision.organizational_unit, decision.assignee) == (UNIT, None)


def test_a_rule_may_leave_it_to_the_authority_without_asking_a_directory() -> None:
    world = World(team(ANNA), rules=(a_rule(strategy="team_tray", group=None),))

    decision = world.decided()

    assert decision.outcome is Outcome.TEAM_TRAY
    assert (decision.organizational_unit, world.directory.asked) == (None, [])


@pytest.mark.parametrize(
    ("winner", "others"),
    [
        ({"form": "Gewerbeanmeldung"}, [{"leika_prefix": "99050012104000"}, {}]),
        ({"leika_prefix": "99050012104"}, [{"leika_prefix": "99050"}, {}]),
        ({"leika_prefix": "99050"}, [{}, {"form": "Bauantrag"}, {"leika_prefix": "99012"}]),
        ({"form": "Gewerbeanmeldung", "leika_prefix": "99050"}, [{"form": "Gewerbeanmeldung"}]),
        ({}, [{"authority": BUILDING_OFFICE, "form": "Gewerbeanmeldung"}]),
    ],
)
def test_the_most_specific_rule_counts(
    winner: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    rules = [a_rule(id="z-winner", **winner)]
    rules += [a_rule(**{"id": f"other-{n}", **other}) for n, other in enumerate(others)]

    assert World(team(ANNA), rules=tuple(rules)).decided().rule == "z-winner"
    assert World(team(ANNA), rules=tuple(reversed(rules))).decided().rule == "z-winner"


def test_of_equally_specific_rules_the_first_by_id_counts() -> None:
    rules = (a_rule(id="b"), a_rule(id="a"), a_rule(id="c"))

    assert World(team(ANNA), rules=rules).decided().rule == "a"


def test_any_of_several_services_counts() -> None:
    keys = (LeikaKey("99115005104000"), LeikaKey("99050012104000"))
    rules = (a_rule(id="all"), a_rule(id="trade", leika_prefix="99050"))

    assert World(team(ANNA), rules=rules).decided(leika_keys=keys).rule == "trade"


def test_a_redelivery_gets_the_first_answer_even_if_the_team_changed() -> None:
    world = World(team(ANNA))
    event = routed(world.cases, a_case())
    first = world.assign(event)

    world.directory = InMemoryCaseworkerDirectory({TARGET: team(BERND)})
    second = world.assign(event)

    assert first == second
    assert world.directory.asked == []


def test_what_another_replica_did_while_the_directory_was_asked_is_the_answer() -> None:
    world = World(team(ANNA))
    event = routed(world.cases, a_case())
    overtaken = Overtaken(world, event)

    reply = assign(event, world.rules_of, asking(overtaken), world.transactions)

    assert reply == overtaken.first
    assert len(world.cases.log[event.case_id]) == 3


class Overtaken(InMemoryCaseworkerDirectory):
    """While it is asked, the same event is handled elsewhere."""

    def __init__(self, world: World, event: CaseRouted) -> None:
        super().__init__({TARGET: team(BERND)})
        self.world, self.event = world, event
        self.first: CaseAssigned | None = None

    def members(self, directory: Directory, target: Target) -> Members | None:
        self.first = self.world.assign(self.event)
        return super().members(directory, target)


def test_an_event_of_an_older_round_has_no_answer() -> None:
    world = World(team(ANNA))
    event = routed(world.cases, a_case(round=2))

    assert world.assign(event.model_copy(update={"round": 1})) is None
    assert world.cases.get(event.case_id).stage is Stage.ROUTED


def test_the_clearing_offices_cases_wait_for_people() -> None:
    world = World(team(ANNA))
    event = routed(world.cases, a_case(), CLEARING_OFFICE)

    assert world.assign(event) is None
    assert world.cases.get(event.case_id).stage is Stage.ROUTED


def test_a_directory_that_is_away_leaves_the_case_as_it_was() -> None:
    world = World()
    world.directory = InMemoryCaseworkerDirectory(None)
    event = routed(world.cases, a_case())

    with pytest.raises(Unavailable):
        world.assign(event)

    case: Case = world.cases.get(event.case_id)
    assert case.stage is Stage.ROUTED


def test_a_directory_that_is_away_for_too_long_leaves_the_case_to_the_team() -> None:
    world = World(directories=(a_directory(give_up_after_minutes=15),))
    world.directory = InMemoryCaseworkerDirectory(None)
    event = routed(world.cases, a_case())

    world.later = timedelta(minutes=14)
    with pytest.raises(Unavailable):
        world.assign(event)
    world.later = timedelta(minutes=16)
    reply = world.assign(event)

    assert reply is not None
    assert (reply.organizational_unit, reply.assignee) == (None, None)
    first, reason, where = explain(world.decision(event.case_id))
    assert first == "team tray: directory away"
    assert reason == (
        "Rule gewerbe counts, but directory ad is away, nothing recent is known of it, and the case"
        " has waited for 15 minutes."
    )
    assert where == f"Directory: ad, group {GROUP}"


@pytest.mark.parametrize("trouble", [StaleCase("case"), Unavailable("postgres 55P03")])
def test_however_old_a_case_is_trouble_with_postgres_is_not_the_directorys(
    trouble: Unavailable,
) -> None:
    world = World(team(ANNA))
    world.later = timedelta(days=1)
    event = routed(world.cases, a_case())

    def fails(*_: Any, **__: Any) -> None:
        raise trouble

    world.cases.save = fails  # type: ignore[method-assign]

    with pytest.raises(type(trouble)):
        world.assign(event)


def test_the_last_good_answer_is_marked_on_the_case() -> None:
    answers = asking(directory := Failing(team(ANNA)))
    world = World(directories=(a_directory(fresh_seconds=0),))
    world.asking = lambda: answers
    world.decided()
    directory.fails = True

    event = routed(world.cases, a_case())
    world.assign(event)

    decision = world.decision(event.case_id)
    assert decision.answer_from is not None
    at = f"{decision.answer_from:%Y-%m-%d %H:%M} UTC"
    assert decision.assignee == ANNA
    assert decision.reason.endswith(f" Directory ad is away: what it said at {at} counts.")
    assert any(line.startswith("Note: the directory was away") for line in explain(decision))
    entry = world.cases.log[event.case_id][-1].details
    assert entry["answer_from"] == decision.answer_from.isoformat()


class Failing(InMemoryCaseworkerDirectory):
    def __init__(self, members: Members) -> None:
        super().__init__({TARGET: members})
        self.fails = False

    def members(self, directory: Directory, target: Target) -> Members | None:
        if self.fails:
            raise Unavailable("directory ad: down")
        return super().members(directory, target)


@pytest.mark.parametrize(
    ("members", "expected"),
    [(team(ANNA), (Recipient.ACCOUNT, ANNA)), (team(), (Recipient.TEAM_TRAY, None))],
)
def test_whoever_the_case_lies_with_is_told_if_the_authority_wants_it(
    members: Members, expected: tuple[Recipient, str | None]
) -> None:
    wanting = Authority.model_validate(
        {"id": TRADE_OFFICE, "name": "Gewerbe", "notices": {"people": True}}
    )
    told, untold = World(members, authorities=(wanting,)), World(members)
    event = routed(told.cases, a_case())

    told.assign(event)
    told.assign(event)
    untold.decided()

    assert [(each.kind, each.recipient) for each in told.notices.notices] == [expected]
    assert untold.notices.notices == []
