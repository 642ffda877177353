"""Applications that do not say a municipality's key: the decision never takes one of several."""

from typing import Any

import pytest

from shared.domain.identifiers import CLEARING_OFFICE, RegionKey
from shared.domain.regions import Located, Location, Municipality
from shared.domain.routing import Rule, Warn
from tests.routing import BUILDING, TOWN, TRADE, UNIT, decided, held, lost

HARBOUR = Municipality(ars=TOWN, ags=RegionKey("01999001"), name="Hafen")
VILLAGE = Municipality(ars=RegionKey("019990001002"), ags=RegionKey("01999002"), name="Dorf")
EITHER = (HARBOUR, VILLAGE)


def located(how: Located, *places: Municipality) -> dict[str, Any]:
    return {"location": Location(how=how, municipalities=places), "region": None}


@pytest.mark.parametrize("how", [Located.BY_NAME, Located.BY_NAME_AND_POSTCODE, Located.BY_KEY])
def test_a_place_that_is_certain_finds_the_authority(how: Located) -> None:
    decision = decided(held(TRADE), **located(how, HARBOUR))

    assert (decision.authority, decision.rule) == (TRADE.bearer, Rule.SERVICE_AND_REGION)
    assert decision.located.municipalities == (HARBOUR,)


@pytest.mark.parametrize("how", [Located.SEVERAL, Located.CONTRADICTORY])
def test_a_place_that_may_be_several_is_for_people_with_who_it_would_be_in_each(
    how: Located,
) -> None:
    decision = decided(
        held(TRADE, region=HARBOUR.ars),
        held(BUILDING, region=VILLAGE.ars),
        **located(how, *EITHER),
    )

    assert decision.authority == CLEARING_OFFICE
    assert "in 019990001001 (Hafen) trade; in 019990001002 (Dorf) building" in decision.reason
    assert lost(decision) == {TRADE.bearer: None, BUILDING.bearer: None}


def test_also_if_the_same_authority_is_responsible_in_each_of_them() -> None:
    """The list of places under a postcode may not be complete."""
    decision = decided(held(TRADE), **located(Located.SEVERAL, *EITHER))

    assert decision.authority == CLEARING_OFFICE
    assert "In each of 019990001001 (Hafen), 019990001002 (Dorf), trade is" in decision.reason


def test_a_postcode_alone_decides_nothing_even_with_one_municipality() -> None:
    decision = decided(held(TRADE), **located(Located.POSTCODE_ALONE, HARBOUR))

    assert decision.authority == CLEARING_OFFICE
    assert "in 019990001001 (Hafen) trade" in decision.reason


def test_the_narrowest_region_is_looked_for_in_each_place_apart() -> None:
    decision = decided(
        held(TRADE, region="019990001"),
        held(BUILDING, region=VILLAGE.ars),
        **located(Located.SEVERAL, *EITHER),
    )

    told = [(each.bearer, each.municipality, each.lost) for each in decision.candidates]
    assert told == [
        (TRADE.bearer, HARBOUR.ars, None),
        (BUILDING.bearer, VILLAGE.ars, None),
        (TRADE.bearer, VILLAGE.ars, "its region 019990001 is wider than 019990001002 of building"),
    ]


def test_a_named_unit_that_is_responsible_in_one_of_the_places_is_not_flagged() -> None:
    entries = (held(TRADE, region=HARBOUR.ars), held(BUILDING, region=VILLAGE.ars))

    decision = decided(
        *entries, named=(TRADE,), named_unit=UNIT, **located(Located.SEVERAL, *EITHER)
    )

    assert (decision.authority, decision.warnings) == (TRADE.bearer, ())
    assert "its place may be one of several" in decision.reason


def test_a_responsibility_for_an_ags_counts_as_much_as_for_the_ars() -> None:
    """Nothing is padded: the two keys of a municipality stand side by side."""
    decision = decided(
        held(TRADE, region="01999001"), held(BUILDING), **located(Located.BY_KEY, HARBOUR)
    )
    both = decided(
        held(TRADE, region="01999001"),
        held(BUILDING, region=TOWN),
        **located(Located.BY_KEY, HARBOUR),
    )

    assert decision.authority == TRADE.bearer
    assert both.authority == CLEARING_OFFICE


MERGED = HARBOUR.model_copy(
    update={"former_keys": (RegionKey("019990001007"), RegionKey("019990001008"))}
)


def test_who_is_responsible_under_the_former_key_that_is_stated_is_responsible() -> None:
    place: dict[str, Any] = {
        "location": Location(how=Located.BY_FORMER_KEY, municipalities=(MERGED,))
    }

    decision = decided(
        held(TRADE, region="019990001007"), held(BUILDING), region="019990001007", **place
    )

    assert (decision.authority, decision.warnings) == (TRADE.bearer, (Warn.REGION_FORMER,))


def test_under_another_former_key_it_may_be_for_a_part_only_and_nobody_is_beaten_by_it() -> None:
    place = located(Located.BY_KEY, MERGED)
    in_part = held(TRADE, region="019990001007")

    against_another = decided(in_part, held(BUILDING), **place)
    both_parts = decided(in_part, held(BUILDING, region="019990001008"), **place)
    with_itself = decided(in_part, held(TRADE), **place)

    assert against_another.authority == CLEARING_OFFICE
    assert both_parts.authority == CLEARING_OFFICE
    assert with_itself.authority == TRADE.bearer


def test_a_key_that_its_state_does_not_list_decides_nothing() -> None:
    decision = decided(held(TRADE), **located(Located.KEY_NOT_LISTED, HARBOUR))

    assert decision.authority == CLEARING_OFFICE
    assert "none of the municipalities known in its state" in decision.reason


def test_a_districts_key_filled_with_zeros_is_no_municipality_by_itself() -> None:
    """It may be a town that is its own district; then the directory has an entry for the key."""
    key = RegionKey("019990000000")

    guessed = decided(held(TRADE, region="01999"), region=key)
    stated = decided(held(TRADE, region=key), held(BUILDING, region="01999"), region=key)

    assert guessed.authority == CLEARING_OFFICE
    assert "filled with zeros" in guessed.reason
    assert stated.authority == TRADE.bearer


def test_of_two_units_that_a_text_stands_for_none_is_taken_while_the_place_is_uncertain() -> None:
    decision = decided(
        held(TRADE, region=HARBOUR.ars),
        named=(TRADE, BUILDING),
        named_unit=UNIT,
        **located(Located.SEVERAL, *EITHER),
    )

    assert decision.authority == CLEARING_OFFICE
    assert "holds trade of them responsible in one of the places" in decision.reason
