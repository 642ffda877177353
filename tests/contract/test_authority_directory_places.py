"""Places, in every `AuthorityDirectory` adapter: located alike, and their entries found."""

import pytest

from shared.domain.identifiers import RegionKey
from shared.domain.regions import Located, Location, Municipality, Place
from tests.contract.authority_directories import (
    BUILDING,
    NORTH,
    SOUTH,
    TODAY,
    TOWN,
    TRADE,
    TWIN,
    Filled,
    held,
    in_region,
)
from tests.factories import TRADE_REGISTRATION


@pytest.mark.parametrize(
    ("stated", "how", "found"),
    [
        (Place(region=NORTH.ars), Located.BY_KEY, [NORTH]),
        (Place(region=NORTH.ags), Located.BY_KEY, [NORTH]),
        (Place(region=RegionKey("01999011")), Located.BY_FORMER_KEY, [NORTH]),
        (Place(region=RegionKey("019990001011")), Located.SEVERAL, [NORTH, TWIN]),
        (Place(region=TOWN), Located.BY_UNLISTED_KEY, [Municipality(ars=TOWN)]),
        (Place(region=RegionKey("01999")), Located.KEY_TOO_SHORT, []),
        (Place(name="SÜDHAFEN"), Located.BY_NAME, [SOUTH]),
        (Place(name="Nordhafen"), Located.SEVERAL, [NORTH, TWIN]),
        (Place(name="Nordhafen", postcode="24999"), Located.BY_NAME_AND_POSTCODE, [NORTH]),
        (Place(name="Nordhafen", region=RegionKey("019990002")), Located.BY_NAME, [TWIN]),
        (Place(postcode="24999"), Located.SEVERAL, [NORTH, SOUTH]),
        (Place(postcode="24998"), Located.POSTCODE_ALONE, [TWIN]),
        (Place(name="Westhafen"), Located.UNKNOWN, []),
        (Place(), Located.NOT_STATED, []),
    ],
)
def test_a_place_is_located(
    filled: Filled, stated: Place, how: Located, found: list[Municipality]
) -> None:
    directory = filled(
        municipalities=[NORTH, SOUTH, TWIN],
        postcodes={"24999": [NORTH.ars, SOUTH.ars], "24998": [TWIN.ars]},
    )

    extract = directory.look_up([TRADE_REGISTRATION], stated, None, TODAY)

    assert extract.location == Location(how=how, municipalities=tuple(found))


def test_a_key_that_its_state_does_not_list_is_not_certain(filled: Filled) -> None:
    directory = filled(municipalities=[NORTH], states=[RegionKey("01")])

    listed, mistyped, elsewhere = (
        in_region(directory, RegionKey(key)).location.how
        for key in (NORTH.ars, "019990001999", "029990001999")
    )

    assert listed is Located.BY_KEY
    assert mistyped is Located.KEY_NOT_LISTED
    assert elsewhere is Located.BY_UNLISTED_KEY


def test_entries_are_found_under_every_key_that_a_municipality_has_or_had(filled: Filled) -> None:
    matching = {
        held(TRADE, TRADE_REGISTRATION, "01999010"),
        held(TRADE, TRADE_REGISTRATION, "01999011"),
        held(TRADE, TRADE_REGISTRATION, "019990001011"),
    }
    other = held(TRADE, TRADE_REGISTRATION, "01999020")

    extract = in_region(filled([*matching, other], municipalities=[NORTH, SOUTH]), NORTH.ars)

    assert set(extract.responsibilities) == matching


def test_entries_are_found_for_every_municipality_that_it_may_be(filled: Filled) -> None:
    north = held(TRADE, TRADE_REGISTRATION, NORTH.ars)
    south = held(BUILDING, TRADE_REGISTRATION, "019990001020")
    directory = filled(
        [north, south, held(TRADE, TRADE_REGISTRATION, TWIN.ars)],
        municipalities=[NORTH, SOUTH, TWIN],
        postcodes={"24999": [NORTH.ars, SOUTH.ars]},
    )

    extract = directory.look_up([TRADE_REGISTRATION], Place(postcode="24999"), None, TODAY)

    assert set(extract.responsibilities) == {north, south}
