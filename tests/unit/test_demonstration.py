"""When an application of the demo has come as far as it should."""

import pytest

from infra.local.demonstration import APPLICATIONS, DemoApplication, Outcome
from shared.domain.case import Case
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case

DECIDED, UNDECIDED = APPLICATIONS[0], APPLICATIONS[-1]


def routed(to: AuthorityId) -> Case:
    return a_case().routed_to(to, None if to == CLEARING_OFFICE else TENANT)


@pytest.mark.parametrize(
    ("demo", "case", "is_through"),
    [
        (DECIDED, routed(TRADE_OFFICE), False),
        (DECIDED, routed(TRADE_OFFICE).forwarded(), True),
        (DECIDED, routed(CLEARING_OFFICE), False),
        (UNDECIDED, routed(CLEARING_OFFICE), True),
        (UNDECIDED, routed(TRADE_OFFICE).forwarded(), False),
    ],
)
def test_it_is_through_where_it_is_meant_to_get(
    demo: DemoApplication, case: Case, is_through: bool
) -> None:
    assert demo.is_through(case) == is_through


@pytest.mark.parametrize("demo", [DECIDED, UNDECIDED])
def test_wherever_a_person_has_sent_it_it_is_through_once_it_rests(demo: DemoApplication) -> None:
    assert demo.is_through(routed(TRADE_OFFICE).rerouted_to(CLEARING_OFFICE, None))
    moved = routed(CLEARING_OFFICE).rerouted_to(BUILDING_OFFICE, TENANT)
    assert not demo.is_through(moved)
    assert demo.is_through(moved.forwarded())


def test_an_outcome_tells_the_way_and_before_it_what_is_wrong() -> None:
    assert str(Outcome("a", "100-0002", "received")) == "100-0002   a: received"
    assert str(Outcome("a", "1", "received", "stuck")) == "1          a: stuck (received)"
    assert str(Outcome("a", "", "", "refused")) == "-          a: refused"
