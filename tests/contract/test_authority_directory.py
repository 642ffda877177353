"""What every `AuthorityDirectory` adapter promises, run against each of them."""

from datetime import date
from typing import Any

import psycopg
import pytest

from shared.domain.errors import Unavailable
from shared.domain.identifiers import LeikaKey, UnitId
from shared.domain.regions import FEDERATION
from tests.contract.authority_directories import (
    BUILDING,
    FOREIGN,
    OTHER_SERVICE,
    TOWN,
    TRADE,
    UNIT,
    Filled,
    held,
    in_region,
)
from tests.directory_rows import DirectoryRows
from tests.factories import TRADE_REGISTRATION


def test_no_active_version_passes_by_itself(filled: Filled) -> None:
    directory = filled(version=0)

    with pytest.raises(Unavailable):
        in_region(directory, TOWN)


def test_an_empty_directory_says_nothing(filled: Filled) -> None:
    extract = in_region(filled(), TOWN, unit=UNIT)

    assert (extract.named, extract.responsibilities, extract.services) == ((), (), {})
    assert extract.version > 0


def test_a_responsibility_comes_back_as_it_was_stored(filled: Filled) -> None:
    entry = held(
        TRADE,
        TRADE_REGISTRATION,
        TOWN,
        role="contact",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
    )

    assert in_region(filled([entry]), TOWN).responsibilities == (entry,)


def test_entries_for_broader_services_and_wider_regions_are_found(filled: Filled) -> None:
    matching = {
        held(TRADE, "99050012104001", TOWN),
        held(TRADE, "99050012104000", "019990001"),
        held(TRADE, "99050012000000", "01999"),
        held(BUILDING, "99050000000000", "019"),
        held(BUILDING, "99050012104001", "01"),
        held(BUILDING, "99050012104000", FEDERATION),
    }
    others = [
        held(TRADE, "99050012104002", TOWN),
        held(TRADE, "99050012104001", "019990001002"),
        held(TRADE, OTHER_SERVICE, TOWN),
    ]

    extract = in_region(filled([*matching, *others]), TOWN, LeikaKey("99050012104001"))

    assert set(extract.responsibilities) == matching
    assert len(extract.responsibilities) == len(matching)


def test_several_services_are_looked_up_together(filled: Filled) -> None:
    both = [held(TRADE, TRADE_REGISTRATION, TOWN), held(BUILDING, OTHER_SERVICE, TOWN)]

    extract = in_region(filled(both), TOWN, TRADE_REGISTRATION, OTHER_SERVICE)

    assert set(extract.responsibilities) == set(both)


def test_what_is_said_twice_is_one_entry(filled: Filled) -> None:
    entry = held(TRADE, TRADE_REGISTRATION, TOWN)

    assert in_region(filled([entry, entry]), TOWN).responsibilities == (entry,)


def test_a_unit_that_no_tenant_has_declared_is_a_candidate_without_an_authority(
    filled: Filled,
) -> None:
    entry = held(FOREIGN, TRADE_REGISTRATION, TOWN)

    assert in_region(filled([entry]), TOWN).responsibilities == (entry,)


def test_a_named_unit_is_found_with_everything_it_stands_for(filled: Filled) -> None:
    directory = filled(named={UNIT: [TRADE, FOREIGN], UnitId("20"): [BUILDING]})

    assert set(in_region(directory, TOWN, unit=UNIT).named) == {TRADE, FOREIGN}
    assert in_region(directory, None, unit=UnitId("20")).named == (BUILDING,)
    assert in_region(directory, None, unit=UnitId("2")).named == ()
    assert in_region(directory, None).named == ()


@pytest.mark.parametrize("region", [None, "01999", "01999999", "a town"])
def test_without_a_municipality_only_the_unit_speaks_once_for_all_regions(
    filled: Filled, region: str | None
) -> None:
    directory = filled(
        [
            held(TRADE, TRADE_REGISTRATION, "019990001002"),
            held(TRADE, TRADE_REGISTRATION, "019990001001"),
            held(TRADE, TRADE_REGISTRATION, "019990001001", role="contact"),
            held(TRADE, OTHER_SERVICE, "019990001001"),
            held(BUILDING, TRADE_REGISTRATION, "019990001001"),
        ],
        named={UNIT: [TRADE]},
    )

    extract = in_region(directory, region, unit=UNIT)

    assert not extract.location.municipalities
    assert set(extract.responsibilities) == {
        held(TRADE, TRADE_REGISTRATION, "019990001001"),
        held(TRADE, TRADE_REGISTRATION, "019990001001", role="contact"),
    }
    assert len(extract.responsibilities) == 2
    assert in_region(directory, region).responsibilities == ()


def test_the_services_it_knows_are_named(filled: Filled) -> None:
    directory = filled(services={TRADE_REGISTRATION: "Gewerbeanmeldung"})

    extract = in_region(directory, TOWN, TRADE_REGISTRATION, OTHER_SERVICE)

    assert extract.services == {TRADE_REGISTRATION: "Gewerbeanmeldung"}


def test_in_postgres_two_versions_cannot_be_active(conn: psycopg.Connection[Any]) -> None:
    rows = DirectoryRows(conn)
    rows.next_version()

    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(
            "INSERT INTO directory_versions (name, source, active) VALUES ('test', 'test', true)"
        )
