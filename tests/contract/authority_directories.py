"""Authority directories to ask, in memory and in Postgres, and what they are filled with."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from shared.domain.directory import DirectoryExtract, Responsibility, Unit
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId
from shared.domain.place_names import name_key
from shared.domain.regions import Municipality, Place
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


def insert_who(
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


def insert_where(
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
