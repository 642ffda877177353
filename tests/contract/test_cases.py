"""What every `Cases` adapter promises, run against each of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters.memory import InMemoryCases
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case, Stage
from shared.domain.errors import AlreadyStored, StaleCase, UnknownCase, UnknownEvent
from shared.domain.events import CaseAssigned, CaseReceived, CaseRouted, CaseStatusChanged
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AccountId,
    CaseId,
    LeikaKey,
    RegionKey,
    UnitId,
)
from shared.ports import Cases
from tests.factories import (
    BUILDING_OFFICE,
    FORMSERVER,
    TENANT,
    TRADE_OFFICE,
    a_case,
    an_entry,
    received,
    stored,
)


@pytest.fixture(params=["memory", "postgres"])
def cases(request: pytest.FixtureRequest) -> Cases:
    if request.param == "memory":
        return InMemoryCases()
    return PostgresCases(request.getfixturevalue("conn"), timedelta(minutes=1))


def routed(cases: Cases, case: Case) -> CaseRouted:
    """Save the case as route does; the event that it announced."""
    case, event = case.routed_to(TRADE_OFFICE, TENANT).announce(
        CaseRouted, authority=TRADE_OFFICE, tenant=TENANT
    )
    cases.save(case, entry=an_entry("case.routed"), event=event)
    return event


def test_an_unknown_case_is_an_error(cases: Cases) -> None:
    unknown = CaseId(uuid4())

    with pytest.raises(UnknownCase):
        cases.get(unknown)
    with pytest.raises(UnknownCase):
        cases.last_event(unknown)
    with pytest.raises(UnknownEvent):
        cases.event(unknown, CaseReceived, 1)


def test_a_case_comes_back_as_it_was_added(cases: Cases) -> None:
    case = stored(
        cases,
        a_case(
            leika_keys=(LeikaKey("99012008001000"), LeikaKey("99050012104000")),
            region=RegionKey("010510001001"),
            named_unit=UnitId("197008"),
            form_name="Anmeldung für Ærøskøbing",
            is_test=True,
        ),
    )

    assert cases.get(case.id) == case


def test_each_case_gets_a_number_of_its_own(cases: Cases) -> None:
    first, second = stored(cases, a_case()), stored(cases, a_case())

    assert first.number != second.number
    assert cases.get(first.id).number == first.number


def test_adding_again_keeps_what_happened_since(cases: Cases) -> None:
    original = a_case()
    case = stored(cases, original)
    event = routed(cases, case)

    with pytest.raises(AlreadyStored):
        stored_again(cases, original)

    assert cases.get(case.id).authority == TRADE_OFFICE
    assert cases.last_event(case.id) == event


def test_a_change_is_stored_with_its_event(cases: Cases) -> None:
    case = stored(cases, a_case())

    event = routed(cases, case)

    changed = cases.get(case.id)
    assert (changed.stage, changed.authority, changed.tenant) == (
        Stage.ROUTED,
        TRADE_OFFICE,
        TENANT,
    )
    assert changed.event_sequence == 2
    assert changed.version == case.version + 1
    assert cases.event(case.id, CaseRouted, 1) == event
    assert cases.last_event(case.id) == event


def test_a_change_without_an_event_leaves_the_last_one(cases: Cases) -> None:
    case = stored(cases, a_case())
    assigned = case.assigned_to(UnitId("Gewerbe"), AccountId("5c1f8e0a"))

    cases.save(assigned, entry=an_entry("case.assigned"))

    changed = cases.get(case.id)
    assert (changed.organizational_unit, changed.assignee) == ("Gewerbe", "5c1f8e0a")
    assert cases.last_event(case.id) == received(cases, case)


def test_an_event_that_nobody_waits_for_wakes_nobody(cases: Cases) -> None:
    case = stored(cases, a_case())

    changed, event = case.announce(CaseStatusChanged, status="accepted")
    cases.save(changed, entry=an_entry("case.status-changed"), event=event)

    assert cases.last_event(case.id) == received(cases, case)


def test_of_two_changes_to_the_same_version_one_loses(cases: Cases) -> None:
    case = stored(cases, a_case())
    routed(cases, case)

    with pytest.raises(StaleCase):
        cases.save(case.routed_to(BUILDING_OFFICE, TENANT), entry=an_entry())

    assert cases.get(case.id).authority == TRADE_OFFICE


def test_a_case_that_was_never_added_cannot_be_saved(cases: Cases) -> None:
    with pytest.raises(StaleCase):
        cases.save(a_case(), entry=an_entry())


def test_the_latest_event_of_a_type_and_round_is_found(cases: Cases) -> None:
    case = stored(cases, a_case())
    for unit in ("first", "second"):
        case, event = cases.get(case.id).announce(
            CaseAssigned, authority=TRADE_OFFICE, organizational_unit=UnitId(unit)
        )
        cases.save(case, entry=an_entry("case.assigned"), event=event)

    assert cases.event(case.id, CaseAssigned, 1) == event
    assert event.organizational_unit == "second"
    with pytest.raises(UnknownEvent):
        cases.event(case.id, CaseAssigned, 2)
    with pytest.raises(UnknownEvent):
        cases.event(case.id, CaseRouted, 1)


def test_an_event_comes_back_byte_by_byte(cases: Cases) -> None:
    case, event = a_case().announce(CaseReceived, sender=FORMSERVER)
    event = event.model_copy(update={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    cases.add(case, event=event, entry=an_entry())

    assert cases.last_event(case.id).model_dump_json() == event.model_dump_json()


def stored_again(cases: Cases, case: Case) -> None:
    """As in a transaction of its own: what fails is rolled back as a whole."""
    if isinstance(cases, PostgresCases):
        with cases._conn.transaction():
            stored(cases, case)
    else:
        stored(cases, case)


class TestWaking:
    """When `recover` looks after a case by itself."""

    @pytest.fixture(params=["memory", "postgres"])
    def wakes(self, request: pytest.FixtureRequest) -> "Wakes":
        return Wakes(None if request.param == "memory" else request.getfixturevalue("conn"))

    def test_a_new_case_is_woken_after_the_configured_time(self, wakes: "Wakes") -> None:
        before = datetime.now(UTC)

        case = stored(wakes.cases, a_case())

        wake_at = wakes.of(case)
        assert wake_at is not None
        assert before + timedelta(minutes=1) <= wake_at
        assert wake_at <= datetime.now(UTC) + timedelta(minutes=1)

    def test_each_step_starts_the_time_anew(self, wakes: "Wakes") -> None:
        case = stored(wakes.cases, a_case())
        before = datetime.now(UTC)

        routed(wakes.cases, case)

        wake_at = wakes.of(case)
        assert wake_at is not None
        assert wake_at >= before + timedelta(minutes=1)

    def test_a_case_is_woken_when_the_caller_says(self, wakes: "Wakes") -> None:
        case = stored(wakes.cases, a_case())
        tomorrow = datetime.now(UTC) + timedelta(days=1)

        wakes.cases.save(case, entry=an_entry(), wake_at=tomorrow)

        assert wakes.of(case) == tomorrow

    def test_a_case_that_rests_is_not_woken(self, wakes: "Wakes") -> None:
        with_people = stored(wakes.cases, a_case())
        through = stored(wakes.cases, a_case())

        wakes.cases.save(with_people.routed_to(CLEARING_OFFICE, None), entry=an_entry())
        wakes.cases.save(through.forwarded(), entry=an_entry())

        assert wakes.of(with_people) is None
        assert wakes.of(through) is None


class Wakes:
    """A `Cases` adapter, and when it would wake a case."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._memory = InMemoryCases(timedelta(minutes=1))
        self.cases: Cases = PostgresCases(conn, timedelta(minutes=1)) if conn else self._memory

    def of(self, case: Case) -> datetime | None:
        if self._conn is None:
            return self._memory.wakes[case.id]
        wake_at: datetime | None = self._conn.execute(
            "SELECT next_wake_at FROM cases WHERE id = %s", [case.id]
        ).fetchone()[0]
        return wake_at
