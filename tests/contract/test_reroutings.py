"""What every `Reroutings` adapter promises, run against each of them."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.case import Case, Stage, Status
from shared.domain.errors import NotReroutable, StaleCase
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, TenantId
from shared.domain.waking import CASE_STALLED
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, an_entry
from tests.rerouting import (
    NEIGHBOUR,
    NEIGHBOURS_OFFICE,
    RECLUSE,
    RECLUSES_OFFICE,
    Scene,
    a_decision,
    in_memory,
    in_postgres,
)


@pytest.fixture(params=["memory", "postgres"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "memory":
        return in_memory()
    return in_postgres(request.getfixturevalue("conn"))


def save(scene: Scene, case: Case, to: AuthorityId, tenant: TenantId | None) -> CaseRouted:
    moved, event = case.rerouted_to(to, tenant).announce(CaseRouted, authority=to, tenant=tenant)
    decision = a_decision(to, scene.version)
    entry = an_entry("case.re-routed")
    scene.stores.reroutings.save(moved, event=event, entry=entry, decision=decision)
    return event


def test_a_new_round_is_stored_with_its_event_and_its_decision(scene: Scene) -> None:
    case = scene.a_routed_case(status_since=datetime.now(UTC) - timedelta(days=1))

    event = save(scene, case, NEIGHBOURS_OFFICE, NEIGHBOUR)

    stored = scene.stores.cases.get(case.id)
    assert stored.status_since > case.status_since
    moved = case.rerouted_to(NEIGHBOURS_OFFICE, NEIGHBOUR)
    assert stored == moved.model_copy(
        update={
            "event_sequence": case.event_sequence + 1,
            "version": case.version + 1,
            "status_since": stored.status_since,
        }
    )
    assert scene.stores.cases.last_event(case.id) == event
    decision = scene.stores.routings.get(case.id, 2)
    assert decision == a_decision(NEIGHBOURS_OFFICE, scene.version)
    assert scene.stores.routings.get(case.id, 1) == a_decision(version=scene.version)


def test_it_is_new_for_whoever_gets_it(scene: Scene) -> None:
    case = scene.a_routed_case(status=Status.IN_PROGRESS, assignee="0815")

    save(scene, case, BUILDING_OFFICE, TENANT)

    stored = scene.stores.cases.get(case.id)
    assert (stored.stage, stored.status) == (Stage.ROUTED, Status.RECEIVED)
    assert (stored.assignee, stored.organizational_unit) == (None, None)


def test_of_two_at_once_one_loses(scene: Scene) -> None:
    case = scene.a_routed_case()
    save(scene, case, BUILDING_OFFICE, TENANT)

    with pytest.raises(StaleCase):
        save(scene, case, NEIGHBOURS_OFFICE, NEIGHBOUR)

    assert scene.stores.cases.get(case.id).authority == BUILDING_OFFICE


def test_a_round_is_never_left_out(scene: Scene) -> None:
    case = scene.a_routed_case()

    with pytest.raises(StaleCase):
        save(scene, case.model_copy(update={"round": 2}), BUILDING_OFFICE, TENANT)

    assert scene.stores.cases.get(case.id).authority == TRADE_OFFICE


@pytest.mark.parametrize(
    ("to", "tenant"),
    [
        (AuthorityId("nobody"), TENANT),
        (NEIGHBOURS_OFFICE, TENANT),
        (NEIGHBOURS_OFFICE, None),
        (RECLUSES_OFFICE, RECLUSE),
        (CLEARING_OFFICE, TENANT),
    ],
)
def test_nobody_gets_a_case_who_is_not_declared_and_bound_to_its_sender(
    to: AuthorityId, tenant: TenantId | None, scene: Scene
) -> None:
    case = scene.a_routed_case()

    with pytest.raises(NotReroutable):
        save(scene, case, to, tenant)


def test_the_task_that_it_stalls_is_done(scene: Scene) -> None:
    case = scene.a_routed_case()
    other = scene.a_routed_case()
    scene.tasks.open(CASE_STALLED, case.id, "woken in vain")
    scene.tasks.open(CASE_STALLED, other.id, "woken in vain")
    scene.tasks.open("malware_found", case.id, "a file of it", "1.1")

    save(scene, case, BUILDING_OFFICE, TENANT)

    left = {(task.kind, task.case_id) for task in scene.tasks.all_open()}
    assert left == {("malware_found", case.id), (CASE_STALLED, other.id)}
