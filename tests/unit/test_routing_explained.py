"""What a person reads of a stored decision."""

import pytest

from functions.route.explain import explain, explain_rounds
from shared.domain.identifiers import RegionKey
from shared.domain.regions import Located, Location
from shared.domain.routing import RoutingDecision, Rule
from tests.routing import BUILDING, TRADE, decided, held

AMBIGUOUS = decided(held(TRADE), held(BUILDING))


def by_a_person(decision: RoutingDecision = AMBIGUOUS) -> RoutingDecision:
    """As re-routing leaves it: with all that was found before."""
    return decision.model_copy(update={"rule": Rule.PERSON, "reason": "a building matter"})


def entries(lines: list[str]) -> list[str]:
    return [line for line in lines if " for " in line and line.startswith("  ")]


def test_a_candidate_is_not_ruled_out_or_lost_for_a_reason() -> None:
    lines = entries(explain(decided(held(TRADE), held(BUILDING, role="contact"))))

    said = dict(line.strip().split(" for ", 1) for line in lines)
    assert said["trade"].endswith(": not ruled out")
    assert not said["building"].endswith("not ruled out")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (Located.UNKNOWN, "no imported region has this key, name or postcode"),
        (Located.KEY_TOO_SHORT, "the key is that of an area wider than one municipality"),
    ],
)
def test_a_place_that_is_not_found_says_why_and_who_stated_it(how: Located, why: str) -> None:
    decision = decided(location=Location(how=how), region=RegionKey("01999"))

    assert f"Place: not found ({why}; stated by sender)" in explain(decision)


def test_where_no_place_is_stated_none_is_looked_for() -> None:
    decision = decided(location=Location(), region=None)

    assert [line for line in explain(decision) if line.startswith("Place")] == []


@pytest.mark.parametrize("how", sorted(set(Located) - {Located.NOT_STATED}))
def test_whatever_comes_of_the_place_is_said(how: Located) -> None:
    located = Location(how=how, municipalities=AMBIGUOUS.located.municipalities)

    lines = explain(AMBIGUOUS.model_copy(update={"located": located}))

    assert any(line.startswith("Place: ") for line in lines)


def test_a_persons_round_does_not_repeat_the_candidates() -> None:
    first, second, third = explain_rounds(
        [(1, AMBIGUOUS), (2, by_a_person()), (3, by_a_person())]
    ).values()

    assert first == explain(AMBIGUOUS)
    assert len(entries(first)) == 2
    for lines in (second, third):
        assert entries(lines) == []
        assert lines[1] == "a building matter"
        assert lines[-1] == "Candidates: as in round 1"


def test_a_persons_round_without_candidates_says_nothing_of_them() -> None:
    nobody = decided()

    lines = explain_rounds([(1, nobody), (2, by_a_person(nobody))])[2]

    assert [line for line in lines if line.startswith("Candidates")] == []
