"""Re-routing: what a person may ask for, and what becomes of the case."""

import pytest

from functions.route.reroute import LONGEST_REASON, reroute
from shared.adapters.memory import InMemoryCases
from shared.domain.actor import Actor
from shared.domain.case import Stage, Status
from shared.domain.errors import NotReroutable, UnknownCase
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId
from shared.domain.routing import Rule
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, stored
from tests.rerouting import (
    NEIGHBOUR,
    NEIGHBOURS_OFFICE,
    RECLUSES_OFFICE,
    Scene,
    a_decision,
    in_memory,
    in_postgres,
)

CLERK = Actor.operator("clerk")
REASON = "the company has moved to Østersund"


@pytest.fixture(params=["memory", "postgres"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "memory":
        return in_memory()
    return in_postgres(request.getfixturevalue("conn"))


def test_it_goes_to_the_other_authority_in_a_new_round(scene: Scene) -> None:
    case = scene.a_routed_case()

    event = reroute(case.id, NEIGHBOURS_OFFICE, REASON, CLERK, scene.stores)

    assert (event.authority, event.tenant, event.round) == (NEIGHBOURS_OFFICE, NEIGHBOUR, 2)
    assert event.source == "/functions/route"
    moved = scene.stores.cases.get(case.id)
    assert (moved.authority, moved.tenant, moved.round) == (NEIGHBOURS_OFFICE, NEIGHBOUR, 2)
    assert (moved.stage, moved.rests) == (Stage.ROUTED, False)
    assert scene.stores.cases.last_event(case.id) == event


def test_the_decision_is_the_persons_and_keeps_what_was_found_before(scene: Scene) -> None:
    case = scene.a_routed_case()

    reroute(case.id, BUILDING_OFFICE, f"  {REASON} ", CLERK, scene.stores)

    former = a_decision(version=scene.version)
    assert scene.stores.routings.get(case.id, 1) == former
    decision = scene.stores.routings.get(case.id, 2)
    assert decision is not None
    assert (decision.rule, decision.authority, decision.reason) == (
        Rule.PERSON,
        BUILDING_OFFICE,
        REASON,
    )
    assert decision.candidates == former.candidates
    assert decision.directory_version == former.directory_version


def test_people_may_have_to_decide_anew(scene: Scene) -> None:
    case = scene.a_routed_case()

    event = reroute(case.id, CLEARING_OFFICE, REASON, CLERK, scene.stores)

    assert event.tenant is None
    moved = scene.stores.cases.get(case.id)
    assert (moved.authority, moved.tenant, moved.rests) == (CLEARING_OFFICE, None, True)


def test_from_the_clearing_office_it_goes_on(scene: Scene) -> None:
    case = scene.a_routed_case(CLEARING_OFFICE)
    assert case.rests

    reroute(case.id, TRADE_OFFICE, REASON, CLERK, scene.stores)

    moved = scene.stores.cases.get(case.id)
    assert (moved.authority, moved.tenant, moved.rests) == (TRADE_OFFICE, TENANT, False)


def test_it_may_come_back(scene: Scene) -> None:
    case = scene.a_routed_case()
    reroute(case.id, BUILDING_OFFICE, REASON, CLERK, scene.stores)

    event = reroute(case.id, TRADE_OFFICE, "it was right at first", CLERK, scene.stores)

    assert event.round == 3


@pytest.mark.parametrize(
    "reason",
    ["", "  ", "two\nlines", "a\x00b", "a\u202eb", "a\ud800b", "x" * (LONGEST_REASON + 1)],
)
def test_the_reason_is_one_line_that_can_be_read(reason: str, scene: Scene) -> None:
    case = scene.a_routed_case()

    with pytest.raises(NotReroutable, match="no names in it"):
        reroute(case.id, BUILDING_OFFICE, reason, CLERK, scene.stores)


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (TRADE_OFFICE, "has the case already"),
        (AuthorityId("nobody"), "no tenant has declared"),
        (RECLUSES_OFFICE, "takes no applications from sender formserver"),
    ],
)
def test_it_goes_only_where_it_can_go(to: AuthorityId, said: str, scene: Scene) -> None:
    case = scene.a_routed_case()

    with pytest.raises(NotReroutable, match=said):
        reroute(case.id, to, REASON, CLERK, scene.stores)

    assert scene.stores.cases.get(case.id) == case


@pytest.mark.parametrize(
    "status",
    [Status.DISCARDED, Status.DECIDED, Status.CLOSED, Status.MARKED_FOR_DELETION],
)
def test_what_is_done_has_to_be_reopened_first(status: Status, scene: Scene) -> None:
    case = scene.a_routed_case(status=status)

    with pytest.raises(NotReroutable, match=f"is {status}; it has to be reopened first"):
        reroute(case.id, BUILDING_OFFICE, REASON, CLERK, scene.stores)


def test_before_it_is_routed_there_is_nothing_to_re_route(scene: Scene) -> None:
    case = stored(scene.stores.cases, a_case())

    with pytest.raises(NotReroutable, match="not routed yet"):
        reroute(case.id, TRADE_OFFICE, REASON, CLERK, scene.stores)


def test_an_unknown_case_is_said_to_be_one(scene: Scene) -> None:
    with pytest.raises(UnknownCase):
        reroute(a_case().id, TRADE_OFFICE, REASON, CLERK, scene.stores)


def test_it_is_on_the_record_who_did_it_and_why() -> None:
    scene = in_memory()
    case = scene.a_routed_case()

    reroute(case.id, BUILDING_OFFICE, REASON, CLERK, scene.stores)

    assert isinstance(scene.stores.cases, InMemoryCases)
    entry = scene.stores.cases.log[case.id][-1]
    assert (entry.actor, entry.action) == (CLERK, "case.re-routed")
    assert entry.details == {
        "round": 2,
        "from": TRADE_OFFICE,
        "to": BUILDING_OFFICE,
        "reason": REASON,
    }
