"""What every `AuthorityDirectory` adapter promises, run against each of them."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from shared.adapters.memory import InMemoryAuthorityDirectory
from shared.domain.directory import FEDERATION, Authority, Responsibility
from shared.domain.errors import Unavailable
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId
from shared.ports import AuthorityDirectory
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, TRADE_REGISTRATION

TOWN = RegionKey("019990001001")
TRADE = Authority(id=TRADE_OFFICE, tenant=TENANT, name="Gewerbeamt")
BUILDING = Authority(id=BUILDING_OFFICE, tenant=None, name="Bauaufsicht")
UNIT = UnitId("197008")
OTHER_SERVICE = LeikaKey("99115005104000")

Units = Mapping[UnitId, Collection[Authority]]
Filled = Callable[..., AuthorityDirectory]


def held(by: Authority, key: str, region: str, **more: Any) -> Responsibility:
    return Responsibility(leika_key=LeikaKey(key), region=RegionKey(region), authority=by, **more)


@pytest.fixture(params=["memory", "postgres"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Makes a directory of responsibilities, units and services."""
    if request.param == "memory":
        return InMemoryAuthorityDirectory
    conn = request.getfixturevalue("conn")

    def fill(
        entries: Collection[Responsibility] = (),
        units: Units | None = None,
        services: Mapping[LeikaKey, str] | None = None,
        version: int = 1,
    ) -> AuthorityDirectory:
        _insert(conn, entries, units or {}, services or {}, active=version > 0)
        return PostgresAuthorityDirectory(conn)

    return fill


def test_no_active_version_passes_by_itself(filled: Filled) -> None:
    with pytest.raises(Unavailable):
        filled(version=0).look_up([TRADE_REGISTRATION], TOWN, UNIT)


def test_an_empty_directory_says_nothing(filled: Filled) -> None:
    extract = filled().look_up([TRADE_REGISTRATION], TOWN, UNIT)

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

    assert filled([entry]).look_up([TRADE_REGISTRATION], TOWN, None).responsibilities == (entry,)


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

    extract = filled([*matching, *others]).look_up([LeikaKey("99050012104001")], TOWN, None)

    assert set(extract.responsibilities) == matching
    assert len(extract.responsibilities) == len(matching)


def test_several_services_are_looked_up_together(filled: Filled) -> None:
    both = [held(TRADE, TRADE_REGISTRATION, TOWN), held(BUILDING, OTHER_SERVICE, TOWN)]

    extract = filled(both).look_up([TRADE_REGISTRATION, OTHER_SERVICE], TOWN, None)

    assert set(extract.responsibilities) == set(both)


def test_a_named_unit_is_found_with_every_authority_it_stands_for(filled: Filled) -> None:
    directory = filled(units={UNIT: [TRADE, BUILDING], UnitId("1"): [TRADE]})

    assert set(directory.look_up([], None, UNIT).named) == {TRADE, BUILDING}
    assert directory.look_up([], None, UnitId("1")).named == (TRADE,)
    assert directory.look_up([], None, UnitId("2")).named == ()
    assert directory.look_up([], None, None).named == ()


@pytest.mark.parametrize("region", [None, "01999"])
def test_without_a_full_region_only_the_unit_speaks_once_for_all_regions(
    filled: Filled, region: RegionKey | None
) -> None:
    directory = filled(
        [
            held(TRADE, TRADE_REGISTRATION, "019990001002"),
            held(TRADE, TRADE_REGISTRATION, "019990001001"),
            held(TRADE, TRADE_REGISTRATION, "019990001001", role="contact"),
            held(TRADE, OTHER_SERVICE, "019990001001"),
            held(BUILDING, TRADE_REGISTRATION, "019990001001"),
        ],
        units={UNIT: [TRADE]},
    )

    extract = directory.look_up([TRADE_REGISTRATION], region, UNIT)

    assert set(extract.responsibilities) == {
        held(TRADE, TRADE_REGISTRATION, "019990001001"),
        held(TRADE, TRADE_REGISTRATION, "019990001001", role="contact"),
    }
    assert len(extract.responsibilities) == 2
    assert directory.look_up([TRADE_REGISTRATION], region, None).responsibilities == ()


def test_the_services_it_knows_are_named(filled: Filled) -> None:
    directory = filled(services={TRADE_REGISTRATION: "Gewerbeanmeldung"})

    extract = directory.look_up([TRADE_REGISTRATION, OTHER_SERVICE], TOWN, None)

    assert extract.services == {TRADE_REGISTRATION: "Gewerbeanmeldung"}


def test_in_postgres_only_the_active_version_speaks(conn: psycopg.Connection) -> None:
    entry = held(TRADE, TRADE_REGISTRATION, TOWN)
    _insert(conn, [entry], {UNIT: [TRADE]}, {TRADE_REGISTRATION: "old"}, active=False)
    _insert(conn, [], {}, {}, active=True)

    extract = PostgresAuthorityDirectory(conn).look_up([TRADE_REGISTRATION], TOWN, UNIT)

    assert (extract.named, extract.responsibilities, extract.services) == ((), (), {})


def test_in_postgres_two_versions_cannot_be_active(conn: psycopg.Connection) -> None:
    _insert(conn, [], {}, {}, active=True)

    with pytest.raises(psycopg.errors.UniqueViolation):
        _insert(conn, [], {}, {}, active=True)


def _insert(
    conn: psycopg.Connection,
    entries: Collection[Responsibility],
    units: Units,
    services: Mapping[LeikaKey, str],
    *,
    active: bool,
) -> None:
    row = conn.execute(
        """
        INSERT INTO directory_versions (name, digest, active)
        VALUES ('test', uuid_send(gen_random_uuid()), %(active)s)
        RETURNING id
        """,
        {"active": active},
    ).fetchone()
    assert row is not None
    version = row[0]
    authorities = {entry.authority for entry in entries} | {a for u in units.values() for a in u}
    for authority in authorities:
        conn.execute(
            """
            INSERT INTO authorities (version, id, tenant, name)
            VALUES (%(version)s, %(id)s, %(tenant)s, %(name)s)
            """,
            {"version": version, **authority.model_dump()},
        )
    for unit, named in units.items():
        for authority in named:
            conn.execute(
                "INSERT INTO unit_aliases (version, unit, authority) VALUES (%s, %s, %s)",
                [version, unit, authority.id],
            )
    for key, name in services.items():
        conn.execute(
            "INSERT INTO public_services (version, leika_key, name) VALUES (%s, %s, %s)",
            [version, key, name],
        )
    for entry in entries:
        conn.execute(
            """
            INSERT INTO responsibilities (version, leika_key, region, authority, role, valid_from,
                                          valid_to)
            VALUES (%(version)s, %(leika_key)s, %(region)s, %(authority)s, %(role)s,
                    %(valid_from)s, %(valid_to)s)
            """,
            {"version": version, **entry.model_dump(), "authority": entry.authority.id},
        )
