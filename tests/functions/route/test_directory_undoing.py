"""What an import brought in is taken back by a new version: the old ones stay as they were."""

import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from infra.directory.differences import differences
from infra.directory.entries import Deleted, EntryKind, OnlineService
from infra.directory.tables import TABLES
from infra.directory.undoing import drop, revert
from infra.directory.versions import (
    VersionError,
    activate,
    active_version,
    discard,
    newest_version,
    versions,
)
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

R1 = Deleted(EntryKind.RESPONSIBILITY, "r1")
REACHED = TRADE._replace(contact={"phone": "0199 1"})
ONLINE = OnlineService("o1", "Gewerbe online", ("https://gewerbe.example",))


def good_and_bad(conn: Connection) -> tuple[int, int]:
    """Two versions that differ in all of the tables; both were active."""
    good = full(conn, REACHED, TOWN, REGISTRATION, ONLINE, held("r1"), held("r2")).version
    assert good
    rows = DirectoryRows(conn)
    rows.version = good
    rows.municipality("019990044044", ags="01999044")
    rows.alias("01999001", "019990044044")
    rows.postcode("24999", "019990044044")
    activate(conn, good)
    bad = full(conn, TRADE, PERMIT, held("r3", service="s2")).version
    assert bad
    rows.version = bad
    rows.end("regions", ars="019990044044")
    rows.end("region_aliases", former_key="01999001")
    rows.end("postcodes", postcode="24999")
    rows.municipality("029990044044", ags="02999044")
    rows.alias("02999001", "029990044044")
    rows.postcode("20999", "029990044044")
    activate(conn, bad)
    return good, bad


def test_a_version_that_was_reverted_to_is_said_again_in_every_table(conn: Connection) -> None:
    good, bad = good_and_bad(conn)
    assert {each.table for each in differences(conn, good, bad)} == set(TABLES)

    done = revert(conn, good)

    assert done.version == newest_version(conn)
    assert done.changes == {
        "organizational_units": (2, 1),
        "public_services": (1, 1),
        "online_services": (1, 0),
        "responsibilities": (2, 1),
        "regions": (1, 1),
        "region_aliases": (1, 1),
        "postcodes": (1, 1),
    }
    assert differences(conn, good, done.version) == []
    assert {each.table for each in differences(conn, bad, done.version)} == set(TABLES)
    assert responsibilities(conn, bad) == [("r3", "s2", "01999", TRADE.id)]
    assert active_version(conn) == bad


def test_an_import_after_it_builds_on_what_was_said_again(conn: Connection) -> None:
    good, _ = good_and_bad(conn)
    revert(conn, good)

    again = full(conn, REACHED, TOWN, REGISTRATION, ONLINE, held("r1"), held("r2"))

    assert not again.new
    assert [id_ for id_, *_ in responsibilities(conn, delta(conn, R1).version)] == ["r2"]


def test_what_ended_and_came_back_is_left_as_it_is(conn: Connection) -> None:
    good = full(conn, TRADE, held("r1"), held("r2")).version
    assert good
    delta(conn, R1)
    delta(conn, held("r1"), held("r3"))

    assert revert(conn, good).changes == {"responsibilities": (0, 1)}
    assert differences(conn, good, newest_version(conn) or 0) == []


def test_the_same_row_of_another_source_is_another_row(conn: Connection) -> None:
    good = full(conn, TRADE).version
    assert good
    delta(conn, Deleted(EntryKind.UNIT, TRADE.id))
    full(conn, TRADE, source="town")

    revert(conn, good)

    assert differences(conn, good, newest_version(conn) or 0) == []
    assert units(conn) == [(TRADE.id, TRADE.name)]


def test_a_later_version_can_be_reverted_to_after_an_earlier_one(conn: Connection) -> None:
    good, bad = good_and_bad(conn)
    revert(conn, good)

    done = revert(conn, bad, activate=True)

    assert differences(conn, bad, done.version) == []
    assert active_version(conn) == done.version
    assert versions(conn)[0].name == f"as version {bad}: a full one"


def test_what_the_newest_version_says_is_not_said_again(conn: Connection) -> None:
    good = full(conn, TRADE, held("r1")).version
    assert good
    delta(conn, R1)
    newest = delta(conn, held("r1")).version

    for version in (good, newest):
        assert version
        with pytest.raises(VersionError, match=f"newest version, {newest}, says what version"):
            revert(conn, version)
    with pytest.raises(VersionError, match="no version 99"):
        revert(conn, 99)
    assert newest_version(conn) == newest


def test_a_revert_can_be_discarded(conn: Connection) -> None:
    good, bad = good_and_bad(conn)
    before = [responsibilities(conn, good), responsibilities(conn, bad)]

    discard(conn, revert(conn, good).version)

    assert newest_version(conn) == bad
    assert [responsibilities(conn, good), responsibilities(conn, bad)] == before
    assert {each.table for each in differences(conn, good, bad)} == set(TABLES)


def test_a_source_is_dropped_and_the_others_stay(conn: Connection) -> None:
    full(conn, TRADE, REGISTRATION, held("r1"))
    before = full(conn, TOWN, held("r2", unit=TOWN.id), source="kiel-2026-12").version

    done = drop(conn, "kiel-2026-12")

    assert done.changes == {"organizational_units": (0, 1), "responsibilities": (0, 1)}
    assert units(conn) == [(TRADE.id, TRADE.name)]
    assert len(responsibilities(conn, before)) == 2
    assert (versions(conn)[0].name, active_version(conn)) == ("without kiel-2026-12", None)


def test_a_source_that_is_not_there_is_told_with_those_that_are(conn: Connection) -> None:
    with pytest.raises(VersionError, match="its sources are: none yet"):
        drop(conn, "kiel")
    full(conn, TRADE)
    full(conn, TOWN, source="kiel")
    drop(conn, "kiel")

    with pytest.raises(VersionError, match=r"nothing of a source kiel; its sources are: xzufi$"):
        drop(conn, "kiel")


def run(database_url: str, *arguments: object) -> Result:
    given = ["directory", *map(str, arguments)]
    return CliRunner().invoke(lotse, given, env={"DATABASE_URL": database_url})


def test_the_commands_say_what_they_changed_and_what_to_do_next(
    database_url: str, conn: Connection
) -> None:
    good = full(conn, TRADE, held("r1"), held("r2")).version
    bad = delta(conn, R1).version
    assert bad
    activate(conn, bad)
    conn.commit()

    assert run(database_url, "revert", good).output.splitlines() == [
        "responsibilities: 1 added, 0 ended",
        "version 3 is new; version 3 is not active. Next:",
        "  lotse route replay --against 3",
        "  lotse directory activate 3",
    ]
    assert run(database_url, "drop", "xzufi", "--activate").output.splitlines() == [
        "organizational units: 0 added, 1 ended",
        "responsibilities: 0 added, 2 ended",
        (
            "version 4 is new, based on version 3, which was not active and comes along; "
            "version 4 is active"
        ),
    ]
    refused = run(database_url, "revert", 4)
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: the newest version, 4, says what version 4 said\n",
    )
    assert "its sources are: none yet" in run(database_url, "drop", "xzufi").output
