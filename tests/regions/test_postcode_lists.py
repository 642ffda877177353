"""Lists of postcodes: their layouts, and which municipality a line means."""

import pytest

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.content import Content, Lists, renewed
from infra.regions.entries import Listed
from infra.regions.gv100ad import read_gv100ad
from infra.regions.postcodes import ListKind, PostcodeList, read_postcodes
from tests.regions.lists import (
    ADORF_ARS,
    BEHAUSEN_ARS,
    COUNTRY,
    NEUDORF_ARS,
    OTHER_NEUDORF_ARS,
    stream,
)

GEONAMES = "DE\t25709\tBehausen\tNordland\tNL\t\t00\tWestkreis\t01051\t54.1\t9.1\t4"


def read(*lines: str) -> tuple[PostcodeList, Report]:
    report = Report()
    return read_postcodes(stream(*lines), report), report


def brought_in(*lines: str) -> tuple[frozenset[tuple[str, str]], Report]:
    """The candidates that a list adds to the directory's own postcodes."""
    directory = tuple(read_gv100ad(stream(*COUNTRY), Report()))
    listed, report = read(*lines)
    content = renewed(Content(), Lists(directory, (), (listed,)), report)
    return content.postcodes[listed.kind], report


@pytest.mark.parametrize(
    ("lines", "kind", "entry"),
    [
        (["plz,ort", "25709,Adorf"], ListKind.PLACES, Listed("25709", 2, place="Adorf")),
        (["PLZ;Ort", '25709;"Adorf"'], ListKind.PLACES, Listed("25709", 2, place="Adorf")),
        (
            ["postcode\tars", f"25709\t{ADORF_ARS}"],
            ListKind.KEYS,
            Listed("25709", 2, key=ADORF_ARS),
        ),
        (["ags,name,plz", "01051001,Adorf,25709"], ListKind.KEYS, None),
        (
            ["", GEONAMES],
            ListKind.DISTRICTS,
            Listed("25709", 2, None, "Behausen", "01051", "Nordland"),
        ),
        (
            ["zipcode,place,state,community_code", "25709,Behausen,Nordland,01051"],
            ListKind.DISTRICTS,
            Listed("25709", 2, None, "Behausen", "01051", "Nordland"),
        ),
    ],
)
def test_a_list_is_recognised_by_its_columns(
    lines: list[str], kind: ListKind, entry: Listed | None
) -> None:
    listed, _ = read(*lines)

    assert listed.kind is kind
    assert entry is None or listed.entries == (entry,)


@pytest.mark.parametrize("lines", [[], ["a,b", "1,2"], ["plz,strasse", "25709,Weg"], ["plz,ort"]])
def test_what_is_no_list_of_postcodes_is_refused(lines: list[str]) -> None:
    with pytest.raises(DirectoryFileError):
        read(*lines)


def test_a_postcode_that_lost_its_leading_zero_is_skipped_and_counted() -> None:
    listed, report = read("plz,ort", "1067,Dresden", "25709,Adorf", ",Adorf", "25709,")

    assert [entry.postcode for entry in listed.entries] == ["25709"]
    assert sum(report.skipped.values()) == 3
    assert any("number" in reason for reason in report.skipped)


def test_other_countries_are_skipped() -> None:
    listed, report = read(GEONAMES, GEONAMES.replace("DE", "DK"))

    assert len(listed.entries) == 1
    assert report.skipped["of another country"] == 1


def test_a_quotation_mark_in_geonames_table_is_part_of_a_name() -> None:
    listed, _ = read(GEONAMES.replace("Behausen", 'Behausen "am Ort'), GEONAMES)

    assert [entry.place for entry in listed.entries] == ['Behausen "am Ort', "Behausen"]


def test_a_place_is_sought_in_its_district() -> None:
    found, _ = brought_in("plz,ort,kreis", "25709,Neudorf,01061")

    assert found == {("25709", OTHER_NEUDORF_ARS)}


def test_a_place_is_not_sought_outside_its_district() -> None:
    found, report = brought_in("plz,ort,kreis", "25709,Adorf,01061", "25709,Neudorf,01061")

    assert found == {("25709", OTHER_NEUDORF_ARS)}
    assert sum(report.skipped.values()) == 1


def test_a_place_is_sought_in_its_state_if_it_has_no_district() -> None:
    found, report = brought_in("plz,ort,state", "25709,BEHAUSEN,Nordland", "25709,Adorf,Südland")

    assert found == {("25709", BEHAUSEN_ARS)}
    assert report.skipped.total() == 1


def test_a_place_of_several_municipalities_is_listed_and_not_guessed() -> None:
    found, report = brought_in("plz,ort", "25703,Neudorf", "25702,Behausen")

    assert found == {("25702", BEHAUSEN_ARS)}
    (examples,) = report.examples.values()
    assert examples == ["postcodes-of-places, line 2: 25703 Neudorf"]


def test_what_is_added_to_a_name_tells_places_apart() -> None:
    found, _ = brought_in("plz,ort", "25509,Neudorf (Ost)")

    assert found == {("25509", OTHER_NEUDORF_ARS)}


def test_a_place_far_from_the_only_municipality_of_its_name_is_another_one() -> None:
    found, report = brought_in("plz,ort", "81241,Adorf", "25709,Adorf")

    assert found == {("25709", ADORF_ARS)}
    assert report.skipped.total() == 1


def test_keys_are_looked_up_and_never_made_longer() -> None:
    lines = ["25709,01051003", f"25709,{ADORF_ARS}", "25709,01999999", "25709,010510030000"]

    found, report = brought_in("plz,ars", *lines)

    assert found == {("25709", NEUDORF_ARS), ("25709", ADORF_ARS)}
    assert report.skipped.total() == 2


def test_a_list_of_which_nothing_fits_does_not_replace_what_was_known() -> None:
    with pytest.raises(DirectoryFileError, match="not one belongs"):
        brought_in("plz,ags", "21039,01053012 01053028")
