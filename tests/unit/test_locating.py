"""Which municipality a place is, by its key, its name and its postcode."""

import unicodedata

import pytest

from shared.domain.identifiers import RegionKey
from shared.domain.locating import Match, locate
from shared.domain.place_names import name_key
from shared.domain.regions import Located, Location, Municipality, Place

FLENSBURG = Municipality(
    ars=RegionKey("010010000000"), ags=RegionKey("01001000"), name="Flensburg, Stadt"
)
HORST = Municipality(ars=RegionKey("010535391057"), ags=RegionKey("01053057"), name="Horst")
HORST_IN_HOLSTEIN = Municipality(
    ars=RegionKey("010615138044"), ags=RegionKey("01061044"), name="Horst (Holstein)"
)
GARDING = Municipality(ars=RegionKey("010545417036"), name="Garding, Stadt")
PARISH_OF_GARDING = Municipality(ars=RegionKey("010545417035"), name="Garding, Kirchspiel")


def named(*found: Municipality, postcode: bool = False) -> list[Match]:
    return [Match(municipality=each, by_name=True, by_postcode=postcode) for each in found]


def posted(*found: Municipality) -> list[Match]:
    return [Match(municipality=each, by_postcode=True) for each in found]


def keys(location: Location) -> list[str]:
    return [each.ars for each in location.municipalities]


def test_a_key_finds_its_municipality_whatever_name_stands_beside_it() -> None:
    matches = [Match(municipality=FLENSBURG, by_key=True), *named(HORST)]

    found = locate(Place(region=RegionKey("01001000"), name="Horst"), matches)

    assert (found.how, keys(found)) == (Located.BY_KEY, [FLENSBURG.ars])


def test_a_former_key_that_was_split_has_candidates() -> None:
    matches = [Match(municipality=each, by_former_key=True) for each in (HORST, FLENSBURG)]

    found = locate(Place(region=RegionKey("010019999999")), matches)

    assert (found.how, keys(found)) == (Located.SEVERAL, [FLENSBURG.ars, HORST.ars])


def test_a_full_key_that_no_directory_lists_is_taken_as_it_is() -> None:
    found = locate(Place(region=RegionKey("010019999999")), [])

    assert (found.how, keys(found)) == (Located.BY_UNLISTED_KEY, ["010019999999"])


def test_an_ags_that_no_directory_lists_is_not_made_longer() -> None:
    assert locate(Place(region=RegionKey("01001999")), []) == Location(how=Located.UNKNOWN)


def test_a_name_that_only_one_has_finds_it() -> None:
    assert locate(Place(name="Flensburg"), named(FLENSBURG)).how is Located.BY_NAME


def test_a_postcode_alone_never_decides_even_if_only_one_has_it() -> None:
    found = locate(Place(postcode="24937"), posted(FLENSBURG))

    assert (found.is_certain, keys(found)) == (False, [FLENSBURG.ars])


def test_a_name_that_several_have_is_decided_by_the_postcode() -> None:
    matches = [*named(HORST), *named(HORST_IN_HOLSTEIN, postcode=True)]

    found = locate(Place(name="Horst", postcode="25358"), matches)
    assert (found.how, keys(found)) == (Located.BY_NAME_AND_POSTCODE, [HORST_IN_HOLSTEIN.ars])


def test_a_name_and_a_postcode_that_do_not_meet_are_contradictory() -> None:
    found = locate(Place(name="Horst", postcode="24937"), [*named(HORST), *posted(FLENSBURG)])

    assert (found.how, keys(found)) == (Located.CONTRADICTORY, [FLENSBURG.ars, HORST.ars])


def test_a_name_with_a_postcode_that_nobody_has_is_not_certain() -> None:
    assert not locate(Place(name="Horst", postcode="99999"), named(HORST)).is_certain


def test_what_is_added_to_a_name_tells_namesakes_apart() -> None:
    found = locate(Place(name="Horst/Holstein"), named(HORST, HORST_IN_HOLSTEIN))

    assert (found.how, keys(found)) == (Located.BY_NAME, [HORST_IN_HOLSTEIN.ars])


def test_what_is_added_to_a_name_must_be_its_own() -> None:
    """`Horst (Seevetal)` is a village elsewhere."""
    assert not locate(Place(name="Horst (Seevetal)"), named(HORST_IN_HOLSTEIN)).is_certain
    assert not locate(Place(name="Flensburg an der Havel"), named(FLENSBURG)).is_certain


def test_a_name_without_what_is_added_to_it_stands_for_all_namesakes() -> None:
    found = locate(Place(name="Horst"), named(HORST, HORST_IN_HOLSTEIN))

    assert (found.how, len(found.municipalities)) == (Located.SEVERAL, 2)


def test_the_kind_tells_two_with_one_postcode_apart() -> None:
    both = named(GARDING, PARISH_OF_GARDING, postcode=True)

    found = locate(Place(name="Garding, Kirchspiel", postcode="25836"), both)

    assert (found.how, keys(found)) == (Located.BY_NAME_AND_POSTCODE, [PARISH_OF_GARDING.ars])
    assert not locate(Place(name="Garding", postcode="25836"), both).is_certain
    assert not locate(Place(name="Garding, Kirchspiel"), both).is_certain


def test_an_area_leaves_the_namesakes_outside_it_out() -> None:
    place = Place(region=RegionKey("01061"), name="Horst")

    found = locate(place, named(HORST, HORST_IN_HOLSTEIN))

    assert keys(found) == [HORST_IN_HOLSTEIN.ars]


def test_the_order_of_the_matches_does_not_matter() -> None:
    matches = [*named(HORST, HORST_IN_HOLSTEIN), *posted(FLENSBURG)]
    place = Place(name="Horst", postcode="24937")

    assert locate(place, matches) == locate(place, reversed(matches))


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("Lauenburg/Elbe", "Lauenburg/ Elbe, Stadt"),
        ("Lauenburg (Elbe)", "Lauenburg/ Elbe, Stadt"),
        ("Lauenburg", "Lauenburg/ Elbe, Stadt"),
        ("LÜBECK", "Lübeck, Hansestadt"),
        ("Hansestadt Lübeck", "Lübeck, Hansestadt"),
        (unicodedata.normalize("NFD", "Lübeck"), "Lübeck, Hansestadt"),
        ("  Flensburg\t", "Flensburg, Stadt"),
        ("Sankt Peter-Ording", "St. Peter-Ording"),
        ("St Peter Ording", "St. Peter-Ording"),
        ("Rade bei Rendsburg", "Rade b. Rendsburg"),
        ("Glücksburg", "Glücksburg (Ostsee), Stadt"),
        ("List", "List auf Sylt"),
        ("GROSS GRÖNAU", "Groß Grönau"),
    ],
)
def test_names_are_looked_up_as_people_write_them(written: str, official: str) -> None:
    assert name_key(written) == name_key(official)


@pytest.mark.parametrize("one", ["Quickborn", "Wentorf", "Garding"])
@pytest.mark.parametrize("other", ["Quickbornheide", "Wakendorf I", "Am Großen Rhode"])
def test_different_names_stay_different(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("written", ["", " ", ",", "()", "/Elbe", "Stadt", "a b"])
def test_what_is_hardly_a_name_is_no_error(written: str) -> None:
    assert isinstance(name_key(written), str)
    assert not locate(Place(name=written), []).is_certain
