"""Keys that change: what they become, and which rows and postcodes follow them."""

from datetime import date

import pytest

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.changes import read_changes
from infra.regions.content import Content, Lists, renewed
from infra.regions.entries import Change
from infra.regions.gv100ad import read_gv100ad
from infra.regions.postcodes import ListKind, read_postcodes
from tests.regions.lists import (
    ADORF,
    ADORF_ARS,
    BEHAUSEN,
    BEHAUSEN_ARS,
    COUNTRY,
    NEUDORF_ARS,
    municipality,
    stream,
)

MERGED_ARS = "010515163009"
MERGED = municipality("01051009", "5163", "Abehausen", "25701")
ADORF_MOVED_ARS = "010515199001"
ADORF_MOVED = municipality("01051001", "5199", "Adorf", "25701")


def directory(
    *lines: str, base: Content | None = None, changes: tuple[Change, ...] = ()
) -> Content:
    return imported(*lines, base=base, changes=changes)[0]


def imported(
    *lines: str, base: Content | None = None, changes: tuple[Change, ...] = ()
) -> tuple[Content, Report]:
    areas = tuple(read_gv100ad(stream(*lines), Report())) if lines else ()
    report = Report()
    return renewed(base or Content(), Lists(areas, changes), report), report


def country(without: tuple[str, ...], *more: str) -> list[str]:
    return [*(each for each in COUNTRY if each not in without), *more]


def test_a_key_changes_when_the_same_ags_has_another_association() -> None:
    later = directory(*country((ADORF,), ADORF_MOVED), base=directory(*COUNTRY))

    assert later.successors == {ADORF_ARS: {ADORF_MOVED_ARS}}
    assert ADORF_ARS not in later.regions


def test_a_merged_municipality_is_found_by_both_of_its_former_keys() -> None:
    base = directory(*COUNTRY)

    later = directory(
        *country((ADORF, BEHAUSEN), MERGED),
        base=base,
        changes=(Change(ADORF_ARS, MERGED_ARS), Change("01051002", MERGED_ARS)),
    )

    former = (ADORF_ARS, "01051001", BEHAUSEN_ARS, "01051002")
    assert later.successors == {key: {MERGED_ARS} for key in former}


def test_a_split_municipality_became_several() -> None:
    changes = (Change(ADORF_ARS, BEHAUSEN_ARS), Change(ADORF_ARS, NEUDORF_ARS))

    later = directory(*country((ADORF,)), base=directory(*COUNTRY), changes=changes)

    assert later.successors[ADORF_ARS] == {BEHAUSEN_ARS, NEUDORF_ARS}


def test_a_chain_of_changes_ends_at_the_current_key() -> None:
    first = directory(*country((ADORF,), ADORF_MOVED), base=directory(*COUNTRY))

    second = directory(
        *country((ADORF,)), base=first, changes=(Change(ADORF_MOVED_ARS, BEHAUSEN_ARS),)
    )

    assert second.successors[ADORF_ARS] == {BEHAUSEN_ARS}
    assert second.successors[ADORF_MOVED_ARS] == {BEHAUSEN_ARS}


def test_changes_in_a_circle_end() -> None:
    there = Change("010515163098", "010515163099")
    back = Change("010515163099", "010515163098")

    content = directory(*COUNTRY, changes=(there, back))

    assert not content.successors


def test_a_key_that_is_listed_again_has_no_successor() -> None:
    moved = directory(*country((ADORF,), ADORF_MOVED), base=directory(*COUNTRY))

    back = directory(*COUNTRY, base=moved)

    assert back.successors == {ADORF_MOVED_ARS: {ADORF_ARS}}


def test_a_change_of_a_key_that_is_still_listed_changes_nothing_and_is_told() -> None:
    change = Change(ADORF_ARS, BEHAUSEN_ARS, date(2024, 7, 1))

    content, report = imported(*COUNTRY, base=directory(*COUNTRY), changes=(change,))

    assert content == directory(*COUNTRY)
    assert report.skipped.total() == 1


def test_a_key_that_vanished_without_a_successor_is_told() -> None:
    _, report = imported(*country((ADORF,)), base=directory(*COUNTRY))

    assert report.examples == {
        "municipalities that are not listed any more, and nothing says what they became": [
            ADORF_ARS
        ],
        "postcodes of municipalities that have ended": [f"25701 {ADORF_ARS}"],
    }


def test_until_the_day_of_a_change_the_former_municipality_counts() -> None:
    day = date(2025, 1, 1)
    changes = (Change(ADORF_ARS, MERGED_ARS, day), Change(BEHAUSEN_ARS, MERGED_ARS, day))

    later = directory(
        *country((ADORF, BEHAUSEN), MERGED), base=directory(*COUNTRY), changes=changes
    )

    assert later.regions[ADORF_ARS].valid_to == date(2024, 12, 31)
    assert later.regions[MERGED_ARS].valid_from == day
    assert later.successors[ADORF_ARS] == {MERGED_ARS}
    assert ("25702", BEHAUSEN_ARS) in later.postcodes[ListKind.DIRECTORY]


def test_the_day_of_a_change_is_known_after_the_next_edition_too() -> None:
    changes = (Change(ADORF_ARS, MERGED_ARS, date(2025, 1, 1)),)
    later = directory(*country((ADORF,), MERGED), base=directory(*COUNTRY), changes=changes)

    assert directory(*country((ADORF,), MERGED), base=later) == later


def test_reading_the_same_lists_again_changes_nothing() -> None:
    changes = (
        Change(ADORF_ARS, MERGED_ARS, date(2025, 1, 1)),
        Change("01051002", MERGED_ARS),
        Change("010515163090", NEUDORF_ARS),
    )
    lines = country((ADORF, BEHAUSEN), MERGED)
    first = directory(*lines, base=directory(*COUNTRY), changes=changes)

    assert directory(*lines, base=first, changes=changes) == first


def test_a_municipality_that_takes_others_over_counts_before_that_day_too() -> None:
    change = Change(ADORF_ARS, BEHAUSEN_ARS, date(2025, 1, 1))

    later = directory(*country((ADORF,)), base=directory(*COUNTRY), changes=(change,))

    assert later.regions[BEHAUSEN_ARS].valid_from is None


def test_postcodes_of_earlier_lists_follow_a_key_that_changes() -> None:
    listed = read_postcodes(stream("plz,ars", f"25799,{ADORF_ARS}"), Report())
    areas = tuple(read_gv100ad(stream(*COUNTRY), Report()))
    base = renewed(Content(), Lists(areas, (), (listed,)), Report())

    later = directory(*country((ADORF,), ADORF_MOVED), base=base)

    assert later.postcodes[ListKind.KEYS] == {("25799", ADORF_MOVED_ARS)}
    assert ("25701", ADORF_MOVED_ARS) in later.postcodes[ListKind.DIRECTORY]
    assert ("25701", ADORF_ARS) not in later.postcodes[ListKind.DIRECTORY]


def test_a_list_of_postcodes_may_still_name_a_former_key() -> None:
    moved = directory(*country((ADORF,), ADORF_MOVED), base=directory(*COUNTRY))
    listed = read_postcodes(stream("plz,ars", f"25799,{ADORF_ARS}"), Report())

    content = renewed(moved, Lists(postcodes=(listed,)), Report())

    assert content.postcodes[ListKind.KEYS] == {("25799", ADORF_MOVED_ARS)}


def test_a_list_replaces_what_its_kind_has_said_and_nothing_else() -> None:
    base = directory(*COUNTRY)
    first = read_postcodes(stream("plz,ars", f"25798,{ADORF_ARS}"), Report())
    second = read_postcodes(stream("plz,ars", f"25799,{NEUDORF_ARS}"), Report())

    content = renewed(base, Lists(postcodes=(first,)), Report())
    content = renewed(content, Lists(postcodes=(second,)), Report())

    assert content.postcodes[ListKind.KEYS] == {("25799", NEUDORF_ARS)}
    assert content.postcodes[ListKind.DIRECTORY] == base.postcodes[ListKind.DIRECTORY]
    assert content.regions == base.regions


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_list_of_changes_is_read(delimiter: str) -> None:
    lines = [
        "former_key, ars, from",
        f"01051001,{BEHAUSEN_ARS},2024-03-01",
        "",
        f"{ADORF_ARS},{BEHAUSEN_ARS}",
    ]
    lines = [line.replace(",", delimiter) for line in lines]

    assert list(read_changes(stream(*lines), Report())) == [
        Change("01051001", BEHAUSEN_ARS, date(2024, 3, 1)),
        Change(ADORF_ARS, BEHAUSEN_ARS),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "1051001,010515163002",
        "01051001,01051002",
        "01051001",
        "01051001,010515163002,1.3.2024",
        "01051001,010515163002,2024-03-01,more",
        "010515163002,010515163002",
    ],
)
def test_a_wrong_line_of_changes_is_named(wrong: str) -> None:
    with pytest.raises(DirectoryFileError, match="line 3"):
        list(
            read_changes(stream("former_key,ars,from", f"01051001,{NEUDORF_ARS}", wrong), Report())
        )


@pytest.mark.parametrize("header", ["", "01051001,010515163002", "alt,neu"])
def test_a_list_of_changes_begins_with_its_header(header: str) -> None:
    with pytest.raises(DirectoryFileError, match="former_key,ars,from"):
        list(read_changes(stream(header), Report()))
