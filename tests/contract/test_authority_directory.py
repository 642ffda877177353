"""What every `AuthorityDirectory` adapter promises, run against each of them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from shared.adapters.memory import InMemoryAuthorityDirectory
from shared.domain.directory import DirectoryExtract, Responsibility, Unit
from shared.domain.errors import Unavailable
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId
from shared.domain.place_names import name_key
from shared.domain.regions import FEDERATION, Located, Location, Municipality, Place
from shared.ports import AuthorityDirectory
from tests.directory_rows import DirectoryRows
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, TRADE_REGISTRATION

TODAY = date(2026, 3, 2)
TOWN = RegionKey("019990001001")
TRADE = Unit(id=UnitId("197008@L1/B"), name="Gewerbe", authority=TRADE_OFFICE, tenant=TENANT)
BUILDING = Unit(id=UnitId("20@L1/B"), name="Bau", authority=BUILDING_OFFICE, tenant=TENANT)
FOREIGN = Unit(id=UnitId("197008@L2/B"), name="that of another agency")
UNIT = UnitId("197008")
OTHER_SERVICE = LeikaKey("99115005104000")

NORTH = Municipality(
    ars=RegionKey("019990001010"),
    ags=RegionKey("01999010"),
    name="Nordhafen, Stadt",
    former_keys=(RegionKey("019990001011"), RegionKey("01999011")),
)
SOUTH = Municipality(ars=RegionKey("019990001020"), ags=RegionKey("01999020"), name="Südhafen")
TWIN = Municipality(
    ars=RegionKey("019990002030"), name="Nordhafen", former_keys=(RegionKey("019990001011"),)
)

Filled = Callable[..., AuthorityDirectory]


def held(by: Unit, key: str, region: str, **more: Any) -> Responsibility:
    return Responsibility(leika_key=LeikaKey(key), region=RegionKey(region), unit=by, **more)


def in_region(
    directory: AuthorityDirectory, region: str | None, *keys: LeikaKey, unit: UnitId | None = None
) -> DirectoryExtract:
    place = Place(region=RegionKey(region) if region else None)
    return directory.look_up(keys or [TRADE_REGISTRATION], place, unit, TODAY)


@pytest.fixture(params=["memory", "postgres"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Makes a directory of responsibilities, units, services and places."""
    if request.param == "memory":
        return InMemoryAuthorityDirectory
    conn = request.getfixturevalue("conn")

    def fill(*args: Any, version: int = 1, **more: Any) -> AuthorityDirectory:
        rows = DirectoryRows(conn)
        rows.next_version(active=version > 0)
        _insert_who(rows, *args, **more)
        _insert_where(rows, **more)
        return PostgresAuthorityDirectory(conn)

    return fill


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


def _insert_who(
    rows: DirectoryRows,
    entries: Collection[Responsibility] = (),
    named: Mapping[UnitId, Collection[Unit]] | None = None,
    services: Mapping[LeikaKey, str] | None = None,
    **_: Any,
) -> None:
    for unit in {entry.unit for entry in entries} | {
        u for us in (named or {}).values() for u in us
    }:
        rows.unit(unit.id, name=unit.name)
        if unit.authority is not None:
            rows.authority(unit.authority, [unit.id])
    known = {entry.leika_key: str(entry.leika_key) for entry in entries} | dict(services or {})
    for key, name in known.items():
        rows.service(key, key, name=name)
    for entry in entries:
        rows.responsibility(
            entry.leika_key, entry.region, entry.unit.id,
            role=entry.role, valid_from=entry.valid_from, valid_to=entry.valid_to,
        )  # fmt: skip


def _insert_where(
    rows: DirectoryRows,
    municipalities: Collection[Municipality] = (),
    postcodes: Mapping[str, Collection[RegionKey]] | None = None,
    states: Collection[RegionKey] = (),
    **_: Any,
) -> None:
    for each in municipalities:
        name = each.name or ""
        rows.municipality(each.ars, ags=each.ags, name=name, name_key=name_key(name))
        for former_key in each.former_keys:
            rows.alias(former_key, each.ars)
    for state in states:
        rows.municipality(state)
    for postcode, keys in (postcodes or {}).items():
        for ars in keys:
            rows.postcode(postcode, ars)


def test_in_postgres_two_versions_cannot_be_active(conn: psycopg.Connection[Any]) -> None:
    rows = DirectoryRows(conn)
    rows.next_version()

    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(
            "INSERT INTO directory_versions (name, source, active) VALUES ('test', 'test', true)"
        )
