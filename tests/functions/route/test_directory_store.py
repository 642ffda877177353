"""What a feed or a table says becomes a version of the directory: all of it, or nothing."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from infra.directory.entries import Deleted, Entry, EntryKind, OnlineService, Report, Unit
from infra.directory.errors import DirectoryFileError
from infra.directory.findings import findings
from infra.directory.importing import Imported, Origin, bring_in
from infra.directory.settling import ABSENT
from infra.directory.versions import versions
from shared.adapters.postgres.pool import Connection
from tests.directory_rows import DirectoryRows
from tests.functions.route.directories import (
    PERMIT,
    REGISTRATION,
    TOWN,
    TRADE,
    delta,
    full,
    held,
    responsibilities,
    units,
)


def test_a_full_import_says_all_there_is(conn: Connection) -> None:
    full(conn, TRADE, TOWN, REGISTRATION, held("r1"), held("r2", unit=TOWN.id))

    again = full(conn, TRADE, REGISTRATION, held("r1", regions=("01999", "02")))

    assert again.new
    assert again.changes == {"organizational_units": (0, 1), "responsibilities": (1, 1)}
    assert responsibilities(conn) == [
        ("r1", "s1", "01999", TRADE.id),
        ("r1", "s1", "02", TRADE.id),
    ]
    assert units(conn) == [(TRADE.id, TRADE.name)]


def test_a_delta_changes_only_what_it_speaks_of(conn: Connection) -> None:
    full(conn, TRADE, TOWN, REGISTRATION, held("r1"), held("r2"), held("r3"))

    delta(
        conn,
        TRADE._replace(name="Ordnungsamt"),
        held("r1", unit=TOWN.id),
        Deleted(EntryKind.RESPONSIBILITY, "r2"),
    )

    assert units(conn) == [(TOWN.id, TOWN.name), (TRADE.id, "Ordnungsamt")]
    assert responsibilities(conn) == [
        ("r1", "s1", "01999", TOWN.id),
        ("r3", "s1", "01999", TRADE.id),
    ]


def test_a_region_that_a_write_leaves_out_is_gone(conn: Connection) -> None:
    full(conn, held("r1", regions=("01", "02")))

    delta(conn, held("r1", regions=("02", "03")))

    assert [region for _, _, region, _ in responsibilities(conn)] == ["02", "03"]


def test_an_old_version_answers_as_it_did(conn: Connection) -> None:
    first = full(conn, TRADE, held("r1"), held("r2")).version
    second = delta(conn, Deleted(EntryKind.RESPONSIBILITY, "r1")).version
    third = delta(conn, held("r1", unit=TOWN.id), Deleted(EntryKind.UNIT, TRADE.id)).version

    assert [id_ for id_, *_ in responsibilities(conn, first)] == ["r1", "r2"]
    assert [id_ for id_, *_ in responsibilities(conn, second)] == ["r2"]
    assert [unit for *_, unit in responsibilities(conn, third)] == [TOWN.id, TRADE.id]
    assert units(conn, second) == [(TRADE.id, TRADE.name)]
    assert units(conn, third) == []


def test_a_deletion_of_what_is_not_there_is_counted_and_no_error(conn: Connection) -> None:
    full(conn, TRADE)
    absent = [Deleted(EntryKind.UNIT, f"u{number}") for number in range(5)]

    done = delta(conn, *absent)

    assert not done.new
    assert done.report.skipped == {ABSENT: 5}
    assert done.report.examples[ABSENT] == [f"organizational units u{n}" for n in range(3)]


def test_the_same_text_under_another_agency_is_another_entry(conn: Connection) -> None:
    other = TRADE._replace(id="trade@elsewhere/oe", name="Amt anderswo")
    full(conn, TRADE, other)

    delta(conn, Deleted(EntryKind.UNIT, other.id))

    assert units(conn) == [(TRADE.id, TRADE.name)]


@pytest.mark.parametrize(
    ("entries", "left"),
    [
        ([held("r1"), held("r2"), held("r1", unit=TOWN.id)], {"r1": TOWN.id, "r2": TRADE.id}),
        ([held("r1"), held("r1", unit=TOWN.id)], {"r1": TOWN.id}),
        ([held("r1"), Deleted(EntryKind.RESPONSIBILITY, "r1")], {}),
        ([Deleted(EntryKind.RESPONSIBILITY, "r1"), held("r1")], {"r1": TRADE.id}),
        ([held("r1"), Deleted(EntryKind.SERVICE, "r1")], {"r1": TRADE.id}),
    ],
)
@pytest.mark.parametrize("bring", [full, delta])
def test_of_two_words_on_an_entry_the_later_one_counts(
    conn: Connection, bring: Callable[..., Imported], entries: list[Entry], left: dict[str, str]
) -> None:
    bring(conn, TOWN, *entries)

    assert {id_: unit for id_, _, _, unit in responsibilities(conn)} == left


def test_one_write_may_be_for_several_services(conn: Connection) -> None:
    more = held("r1", service="s2", regions=("01", "02", "02"), continues=True)
    delta(conn, held("r1", service="s1"), more)

    assert [row[1:3] for row in responsibilities(conn)] == [
        ("s1", "01999"),
        ("s2", "01"),
        ("s2", "02"),
    ]

    delta(conn, Deleted(EntryKind.RESPONSIBILITY, "r1"))
    assert responsibilities(conn) == []


@pytest.mark.parametrize("again", [{"regions": ("01998",)}, {"service": "s2"}])
def test_written_twice_in_a_row_the_later_write_replaces_the_first(
    conn: Connection, again: dict[str, Any]
) -> None:
    second = held("r1", **again)

    delta(conn, held("r1"), second)

    assert [row[1:3] for row in responsibilities(conn)] == [(second.service, second.regions[0])]


def test_writing_a_unit_replaces_what_it_contained(conn: Connection) -> None:
    inside = [held(id_, container=TRADE.id) for id_ in ("r1", "r2")]
    full(conn, TRADE, *inside, held("r3"))

    delta(conn, TRADE, inside[1], held("r4", container=TRADE.id))

    assert [id_ for id_, *_ in responsibilities(conn)] == ["r2", "r3", "r4"]


def test_of_a_unit_written_twice_the_later_content_counts(conn: Connection) -> None:
    first, second = (held(id_, container=TRADE.id) for id_ in ("r1", "r2"))

    delta(conn, TRADE, first, TRADE, second)

    assert [id_ for id_, *_ in responsibilities(conn)] == ["r2"]


def test_what_moved_out_of_a_unit_outlives_its_next_write(conn: Connection) -> None:
    full(conn, TRADE, held("r1", container=TRADE.id))

    delta(conn, held("r1"), TRADE)

    assert [id_ for id_, *_ in responsibilities(conn)] == ["r1"]


def test_deleting_a_unit_deletes_what_it_contained(conn: Connection) -> None:
    full(conn, TRADE, held("r1", container=TRADE.id), held("r2"))

    delta(conn, Deleted(EntryKind.UNIT, TRADE.id))
    assert [id_ for id_, *_ in responsibilities(conn)] == ["r2"]

    delta(conn, TRADE, held("r1", container=TRADE.id), Deleted(EntryKind.UNIT, TRADE.id))
    assert [id_ for id_, *_ in responsibilities(conn)] == ["r2"]


def test_parts_of_a_unit_with_one_id_are_together_its_content(conn: Connection) -> None:
    parts = [
        held("r1", regions=("01",), container=TRADE.id),
        held("r2", container=TRADE.id),
        held("r1", regions=("02",), container=TRADE.id),
    ]

    delta(conn, TRADE, *parts)

    assert [row[2] for row in responsibilities(conn) if row[0] == "r1"] == ["01", "02"]


def test_saying_the_same_again_makes_no_version(conn: Connection) -> None:
    contact = {"email": "amt@foerdetal.example"}
    entries: list[Entry] = [
        TRADE._replace(contact=contact),
        REGISTRATION._replace(leika_keys=("99050012104000", "99050012000000")),
        PERMIT._replace(leika_keys=()),
        OnlineService("o1", "Online", ("https://a.example", "https://b.example")),
        held("r1", regions=("01", "02")),
    ]
    first = full(conn, *entries)

    for again in (full(conn, *entries), delta(conn, *entries), delta(conn)):
        assert (again.version, again.new, again.changes) == (first.version, False, {})
    assert [version.id for version in versions(conn)] == [first.version]


def test_a_source_changes_only_its_own_entries(conn: Connection) -> None:
    full(conn, TRADE, held("r1"), source="xzufi")

    full(conn, TOWN, source="amt")
    delta(conn, Deleted(EntryKind.RESPONSIBILITY, "r1"), source="amt")

    assert units(conn) == [(TOWN.id, TOWN.name), (TRADE.id, TRADE.name)]
    assert [id_ for id_, *_ in responsibilities(conn)] == ["r1"]


def test_nothing_of_what_breaks_in_the_middle_is_kept(conn: Connection) -> None:
    full(conn, TRADE, held("r1"))

    def broken() -> Iterator[Entry]:
        yield Deleted(EntryKind.UNIT, TRADE.id)
        raise DirectoryFileError("line 7")

    with pytest.raises(DirectoryFileError, match="line 7"):
        bring_in(conn, broken(), Origin("broken", "xzufi", full=False), Report())

    assert units(conn) == [(TRADE.id, TRADE.name)]
    assert len(versions(conn)) == 1


@pytest.mark.parametrize("id_", ["r\x00", "".join(map(str, range(9999)))])
def test_what_the_database_cannot_hold_is_said_and_changes_nothing(
    conn: Connection, id_: str
) -> None:
    full(conn, TRADE)

    with pytest.raises(DirectoryFileError, match="does not take"):
        delta(conn, TOWN, held(id_))

    assert units(conn) == [(TRADE.id, TRADE.name)]


def test_an_empty_full_import_is_refused(conn: Connection) -> None:
    full(conn, TRADE)

    with pytest.raises(DirectoryFileError, match="would end everything"):
        full(conn)

    assert units(conn) == [(TRADE.id, TRADE.name)]


def test_of_two_imports_at_once_the_second_waits_and_builds_on_the_first(
    conn: Connection, database_url: str
) -> None:
    second_done = threading.Event()

    def second() -> None:
        with psycopg.connect(database_url) as other:
            delta(other, held("r1", unit=TOWN.id))
        second_done.set()

    with conn.transaction():
        first = full(conn, held("r1"), held("r2"))
        thread = threading.Thread(target=second)
        thread.start()
        with psycopg.connect(database_url, autocommit=True) as watcher:
            while not _waits_for_turn(watcher):
                assert not second_done.is_set()
    thread.join()

    assert [version.id for version in versions(conn)] == [(first.version or 0) + 1, first.version]
    assert [unit for *_, unit in responsibilities(conn)] == [TOWN.id, TRADE.id]


def _waits_for_turn(conn: Connection) -> bool:
    query = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    return conn.execute(query).fetchone() is not None


def test_an_operator_may_import(conn: Connection) -> None:
    conn.execute("SET ROLE lotse_operator")

    assert full(conn, TRADE, REGISTRATION, OnlineService("o1", "Online"), held()).new
    assert delta(conn, Deleted(EntryKind.UNIT, TRADE.id)).new


def test_what_is_referred_to_and_unknown_is_found(conn: Connection) -> None:
    conn.execute("INSERT INTO tenants (id, document) VALUES ('t', '{}')")
    conn.execute(
        """
        INSERT INTO authorities (tenant, id, document)
        VALUES ('t', 'a', '{"units": ["trade", "town@fd/oe", "197008"]}')
        """
    )
    full(conn, TRADE, TOWN, REGISTRATION, held("r1"), held("r2", service="s9", unit="u9"))

    assert list(findings(conn)) == [
        "1 responsibilities name unknown units: u9",
        "1 responsibilities name unknown services: s9",
        (
            "the configuration declares unknown units, which is right only if senders state them: "
            "197008"
        ),
    ]


def test_municipalities_that_no_region_is_are_found_among_what_an_import_added(
    conn: Connection,
) -> None:
    """010510003 without its zero looks like a municipality of another state."""
    known = ("019990001001", "01999001", "01999002", "000000000000", "019990009", "01")
    full(conn, TRADE, REGISTRATION, held("r1", regions=("10510002",)))
    version = delta(conn, held("r2", regions=(*known, "10510003", "019990001009"))).version

    assert list(findings(conn, version)) == []

    rows = DirectoryRows(conn)
    rows.version = version or 0
    rows.municipality("019990001001", ags="01999001")
    rows.alias("01999002", "019990001001")

    assert list(findings(conn)) == []
    assert list(findings(conn, version)) == [
        "2 new responsibilities name municipalities that no region is: 019990001009, 10510003"
    ]


def test_a_delta_of_a_large_directory_is_compared_by_index(conn: Connection) -> None:
    full(conn, TRADE, REGISTRATION, held("r1"))
    conn.execute(
        """
        INSERT INTO responsibilities (source, id, service, region, unit, role, since)
        SELECT 'xzufi', 'x' || n, 's' || n % 500, lpad((n % 1000)::text, 12, '0'),
               'u' || n % 300, 'responsible', 1
          FROM generate_series(1, 30000) n
        """
    )
    read = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'responsibilities'"
    before = conn.execute(read).fetchone()

    inside = held("x8", container="u")
    done = delta(conn, Unit("u", "u", "Amt"), inside, held("x9"), held("new"))

    assert done.changes["responsibilities"] == (3, 2)
    assert conn.execute(read).fetchone() == before


def test_what_the_transaction_does_after_an_import_is_planned_as_usual(conn: Connection) -> None:
    settings = "SELECT name, setting FROM pg_settings WHERE name ~ '^(enable_|work_mem|jit)'"
    before = conn.execute(settings).fetchall()

    delta(conn, TRADE)

    assert conn.execute(settings).fetchall() == before
