"""The directory in Postgres: whose a unit is, which rows count, and that all of it is by index."""

import re
from datetime import date
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from shared.domain.directory import DirectoryExtract, Unit
from shared.domain.errors import UnknownDirectoryVersion
from shared.domain.identifiers import AuthorityId, LeikaKey, RegionKey, TenantId, UnitId
from shared.domain.regions import Located, Place
from tests.directory_rows import DirectoryRows
from tests.factories import TENANT, TRADE_REGISTRATION

Connection = psycopg.Connection[Any]
TODAY = date(2026, 3, 2)
TOWN = "019990001001"
IN_TOWN = Place(region=RegionKey(TOWN))


@pytest.fixture
def rows(conn: Connection) -> DirectoryRows:
    """Has one service: s."""
    rows = DirectoryRows(conn)
    rows.next_version()
    rows.service("s", TRADE_REGISTRATION)
    return rows


def look_up(
    rows: DirectoryRows,
    unit: str | None = None,
    version: int | None = None,
    place: Place = IN_TOWN,
) -> DirectoryExtract:
    directory = PostgresAuthorityDirectory(rows.conn, version)
    named = UnitId(unit) if unit is not None else None
    return directory.look_up([TRADE_REGISTRATION], place, named, TODAY)


def bearers(extract: DirectoryExtract) -> set[tuple[str, str | None]]:
    """Unit and authority of each entry."""
    return {(held.unit.id, held.unit.authority) for held in extract.responsibilities}


# Whose a unit is


def test_a_unit_is_the_authoritys_that_declares_it(rows: DirectoryRows) -> None:
    rows.unit("7@L1/B", name="Gewerbeamt")
    rows.authority("trade", ["7@L1/B"], tenant="ostersund")
    rows.responsibility("s", TOWN, "7@L1/B")

    (held,) = look_up(rows).responsibilities

    assert held.unit == Unit(
        id=UnitId("7@L1/B"),
        name="Gewerbeamt",
        authority=AuthorityId("trade"),
        tenant=TenantId("ostersund"),
    )


def test_a_declared_text_is_no_unit_of_an_agency_by_the_same_text(rows: DirectoryRows) -> None:
    rows.unit("7@L1/B")
    rows.unit("7@L2/B")
    rows.unit("7")
    rows.authority("trade", ["7"])
    for unit in ("7@L1/B", "7@L2/B", "7"):
        rows.responsibility("s", TOWN, unit)

    assert bearers(look_up(rows)) == {("7@L1/B", None), ("7@L2/B", None), ("7", "trade")}


def test_an_authoritys_id_is_no_unit_by_itself(rows: DirectoryRows) -> None:
    """Another tenant's table may call a unit the same."""
    rows.unit("trade")
    rows.authority("trade", ["7"])
    rows.responsibility("s", TOWN, "trade")

    extract = look_up(rows, unit="trade")

    assert bearers(extract) == {("trade", None)}
    assert [unit.authority for unit in extract.named] == [None]


def test_a_unit_that_nobody_declares_is_its_nearest_declared_ancestors(rows: DirectoryRows) -> None:
    rows.unit("state")
    rows.unit("town", parent="state")
    rows.unit("office", parent="town")
    rows.unit("desk", parent="office")
    rows.authority("state-authority", ["state"])
    rows.authority("town-authority", ["town"])
    rows.responsibility("s", TOWN, "desk")
    rows.responsibility("s", TOWN, "state")

    assert bearers(look_up(rows)) == {("desk", "town-authority"), ("state", "state-authority")}


def test_a_declared_ancestor_counts_also_if_the_directory_does_not_list_it(
    rows: DirectoryRows,
) -> None:
    rows.unit("office", parent="town")
    rows.authority("town-authority", ["town"])
    rows.responsibility("s", TOWN, "office")

    assert bearers(look_up(rows)) == {("office", "town-authority")}


def test_units_that_lie_below_each_other_belong_to_nobody(rows: DirectoryRows) -> None:
    rows.unit("egg", parent="hen")
    rows.unit("hen", parent="egg")
    rows.unit("self", parent="self")
    for unit in ("egg", "self"):
        rows.responsibility("s", TOWN, unit)

    assert bearers(look_up(rows)) == {("egg", None), ("self", None)}


def test_a_unit_that_two_authorities_declare_is_two(rows: DirectoryRows) -> None:
    rows.unit("7")
    rows.authority("one", ["7"])
    rows.authority("two", ["7"], tenant="ostersund")
    rows.responsibility("s", TOWN, "7")

    extract = look_up(rows, unit="7")

    assert bearers(extract) == {("7", "one"), ("7", "two")}
    assert {unit.authority for unit in extract.named} == {"one", "two"}


def test_a_unit_that_the_directory_does_not_list_is_a_candidate_by_its_id(
    rows: DirectoryRows,
) -> None:
    rows.responsibility("s", TOWN, "gone@L1/B")

    (held,) = look_up(rows).responsibilities

    assert held.unit == Unit(id=UnitId("gone@L1/B"), name="gone@L1/B")


# What a sender's unit stands for


def test_a_senders_text_is_every_agencys_unit_of_that_text(rows: DirectoryRows) -> None:
    rows.unit("7@L1/B")
    rows.unit("7@L2/B")
    rows.authority("trade", ["7@L1/B"])

    named = {(unit.id, unit.authority) for unit in look_up(rows, unit="7").named}

    assert named == {("7@L1/B", "trade"), ("7@L2/B", None)}
    assert [unit.id for unit in look_up(rows, unit="7@L2/B").named] == ["7@L2/B"]


def test_what_an_authority_declares_needs_no_unit_in_the_directory(rows: DirectoryRows) -> None:
    rows.authority("trade", ["Amt 7"])

    (named,) = look_up(rows, unit="Amt 7").named

    assert named == Unit(
        id=UnitId("trade"), name="name of trade", authority=AuthorityId("trade"), tenant=TENANT
    )


def test_an_authority_that_is_listed_by_the_text_already_is_not_named_twice(
    rows: DirectoryRows,
) -> None:
    rows.unit("7@L1/B")
    rows.authority("trade", ["7", "7@L1/B"])

    assert [unit.id for unit in look_up(rows, unit="7").named] == ["7@L1/B"]


def test_without_a_municipality_an_authority_speaks_for_the_units_it_declares(
    rows: DirectoryRows,
) -> None:
    rows.unit("8@L1/B")
    rows.authority("trade", ["Amt 7", "8@L1/B"])
    rows.responsibility("s", "01999", "8@L1/B")
    rows.responsibility("s", "01998", "8@L1/B")

    extract = look_up(rows, unit="Amt 7", place=Place())

    assert bearers(extract) == {("8@L1/B", "trade")}
    assert [held.region for held in extract.responsibilities] == ["01998"]


# Which rows count


def test_an_entry_is_valid_while_it_and_its_service_and_its_unit_are(rows: DirectoryRows) -> None:
    rows.service("t", TRADE_REGISTRATION, valid_to=date(2026, 6, 30))
    rows.unit("7", valid_from=date(2026, 2, 1), valid_to=date(2026, 12, 31))
    rows.responsibility("t", TOWN, "7", valid_from=date(2026, 1, 1))

    (held,) = look_up(rows).responsibilities

    assert (held.valid_from, held.valid_to) == (date(2026, 2, 1), date(2026, 6, 30))


def test_a_specialization_without_a_key_counts_as_the_service_it_specializes(
    rows: DirectoryRows,
) -> None:
    rows.service("special", None, specializes="s", valid_from=date(2026, 1, 1))
    rows.service("narrower", "99050012104001", specializes="s")
    rows.responsibility("special", TOWN, "7")
    rows.responsibility("narrower", TOWN, "8")

    (held,) = look_up(rows).responsibilities

    assert (held.unit.id, held.leika_key) == ("7", TRADE_REGISTRATION)
    assert held.valid_from == date(2026, 1, 1)


def test_what_two_sources_say_alike_counts_once(rows: DirectoryRows) -> None:
    for source in ("b", "a"):
        rows.unit("7", source=source, name=f"as {source} calls it")
        rows.responsibility("s", TOWN, "7", source=source)

    extract = look_up(rows, unit="7")

    assert [held.unit.name for held in extract.responsibilities] == ["as a calls it"]
    assert len(extract.named) == 1


def test_each_version_says_what_it_said(rows: DirectoryRows) -> None:
    old = rows.version
    rows.unit("7", parent="old-town")
    rows.authority("old", ["old-town"])
    rows.authority("new", ["new-town"])
    rows.responsibility("s", TOWN, "7")
    rows.municipality(TOWN, name="Althafen", name_key="althafen")
    rows.alias("019990001002", TOWN)
    rows.postcode("24999", TOWN)
    new = rows.next_version()
    for table, column, value in [
        ("organizational_units", "id", "7"),
        ("responsibilities", "unit", "7"),
        ("public_services", "id", "s"),
        ("regions", "ars", TOWN),
        ("region_aliases", "ars", TOWN),
        ("postcodes", "ars", TOWN),
    ]:
        rows.end(table, **{column: value})
    rows.unit("7", parent="new-town")
    rows.service("s2", TRADE_REGISTRATION, name="new name")
    rows.responsibility("s2", "01999", "7")
    rows.municipality(TOWN, name="Neuhafen", name_key="neuhafen")

    before, after = look_up(rows, "7", old), look_up(rows, "7")

    assert (before.version, after.version) == (old, new)
    assert (bearers(before), bearers(after)) == ({("7", "old")}, {("7", "new")})
    assert {unit.authority for unit in before.named} == {"old"}
    assert {unit.authority for unit in after.named} == {"new"}
    assert [held.region for held in before.responsibilities] == [TOWN]
    assert [held.region for held in after.responsibilities] == ["01999"]
    assert before.services == {TRADE_REGISTRATION: "s"}
    assert after.services == {TRADE_REGISTRATION: "new name"}
    assert [each.former_keys for each in before.location.municipalities] == [("019990001002",)]
    assert [each.former_keys for each in after.location.municipalities] == [()]
    for place in (
        Place(name="Althafen"),
        Place(postcode="24999"),
        Place(region=RegionKey("019990001002")),
    ):
        then = look_up(rows, None, old, place).location.municipalities
        now = look_up(rows, None, new, place).location.municipalities
        assert [each.name for each in then] == ["Althafen"]
        assert TOWN not in {each.ars for each in now}


def test_a_version_that_is_not_active_is_asked_by_its_number(rows: DirectoryRows) -> None:
    rows.next_version(active=False)
    rows.responsibility("s", TOWN, "7")

    assert look_up(rows).responsibilities == ()
    assert bearers(look_up(rows, version=rows.version)) == {("7", None)}
    with pytest.raises(UnknownDirectoryVersion):
        look_up(rows, version=rows.version + 1)


def test_a_municipality_counts_while_it_exists(rows: DirectoryRows) -> None:
    rows.municipality(TOWN, name="Althafen", name_key="althafen", valid_to=date(2026, 3, 1))
    rows.municipality(
        "019990001002", name="Althafen", name_key="althafen", valid_from=date(2026, 3, 2)
    )

    location = look_up(rows, place=Place(name="Althafen")).location

    assert location.how is Located.BY_NAME
    assert [each.ars for each in location.municipalities] == ["019990001002"]


# How it is found


FILL = """
INSERT INTO {table} (source, since, {columns})
SELECT 'test', 1, {values} FROM generate_series(1, 3000) AS n
"""
FILLED = {
    "organizational_units": ("id, plain_id, name, parent", "n || '@L1/B', n, n, n + 1 || '@L1/B'"),
    "public_services": ("id, leika_key, name", "n, '99' || lpad(n::text, 12, '0'), n"),
    "responsibilities": (
        "id, service, region, unit, role",
        "n, n % 9, lpad(n::text, 12, '0'), n || '@L1/B', 'responsible'",
    ),
    "regions": (
        "ars, ags, name, name_key",
        "lpad(n::text, 12, '0'), lpad(n::text, 8, '0'), n, n",
    ),
    "region_aliases": ("former_key, ars", "'9' || lpad(n::text, 11, '0'), lpad(n::text, 12, '0')"),
    "postcodes": ("postcode, ars", "lpad(n::text, 5, '0'), lpad(n::text, 12, '0')"),
}


class Plans:
    """The plans of everything that is executed, within functions too."""

    def __init__(self, conn: Connection) -> None:
        self.told: list[str] = []
        conn.execute("LOAD 'auto_explain'")
        conn.execute("SET auto_explain.log_min_duration = 0")
        conn.execute("SET auto_explain.log_nested_statements = on")
        conn.execute("SET client_min_messages = log")
        conn.add_notice_handler(lambda notice: self.told.append(notice.message_primary or ""))


@pytest.mark.parametrize("analyzed", [True, False])
@pytest.mark.parametrize(
    "place", [Place(region=RegionKey("000000000017")), Place(name="17", postcode="00017"), Place()]
)
def test_a_look_up_is_two_queries_by_index_also_on_a_table_just_filled(
    conn: Connection, place: Place, analyzed: bool
) -> None:
    DirectoryRows(conn).next_version()
    for table, (columns, values) in FILLED.items():
        conn.execute(FILL.format(table=table, columns=columns, values=values).encode())
        if analyzed:
            conn.execute(f"ANALYZE {table}".encode())
    plans = Plans(conn)

    extract = PostgresAuthorityDirectory(conn).look_up(
        [LeikaKey("99000000000008")], place, UnitId("17"), TODAY
    )

    assert extract.location.is_certain == (place != Place())
    assert [held.unit.id for held in extract.responsibilities] == ["17@L1/B"]
    within = [plan for plan in plans.told if "Query Text: WITH" in plan]
    assert len(within) == 2
    assert all("Index Cond: (leika_key = ANY" in plan for plan in within)
    assert not any("units_since" in plan or "services_since" in plan for plan in within)
    scanned = set(re.findall(r"Seq Scan on (\w+)", "\n".join(within)))
    assert not scanned & set(FILLED)
