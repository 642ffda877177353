"""The directory's versions: chosen, compared, and taken back if nothing rests on them."""

import json
from datetime import timedelta

import psycopg
import pytest

from infra.directory.differences import differences
from infra.directory.entries import Deleted, EntryKind
from infra.directory.importing import Origin
from infra.directory.listing import ListedUnit, units
from infra.directory.versions import (
    VersionError,
    activate,
    active_version,
    discard,
    newest_version,
    versions,
)
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import Connection
from tests.factories import a_case, stored
from tests.functions.route.directories import (
    REGISTRATION,
    TOWN,
    TRADE,
    delta,
    full,
    held,
    imported,
    responsibilities,
)

WAKE_AFTER = timedelta(minutes=1)
R1 = Deleted(EntryKind.RESPONSIBILITY, "r1")


def test_an_import_is_not_active_unless_it_is_said(conn: Connection) -> None:
    first = full(conn, TRADE, held())
    assert active_version(conn) is None

    second = imported(conn, [R1], Origin("d", "xzufi", full=False), activate=True)

    assert active_version(conn) == second.version
    listed = [(version.id, version.active) for version in versions(conn)]
    assert listed == [(second.version, True), (first.version, False)]


def test_a_version_says_what_it_changed(conn: Connection) -> None:
    full(conn, TRADE, held())
    delta(conn, R1, Deleted(EntryKind.UNIT, "nowhere"))

    newest = versions(conn)[0]

    assert newest.counts == {
        "responsibilities": {"added": 0, "ended": 1},
        "skipped": {"deletion of what was not there": 1},
    }
    assert (newest.name, newest.source, newest.activated_at) == ("a delta", "xzufi", None)


def test_any_version_can_be_activated_again(conn: Connection) -> None:
    first = full(conn, TRADE, held()).version
    second = delta(conn, R1).version
    assert first
    assert second

    assert activate(conn, second) is None
    assert activate(conn, first) == second
    assert activate(conn, first) == first

    assert active_version(conn) == first
    assert len(responsibilities(conn, first)) == 1


def test_an_import_builds_on_the_newest_version_not_on_the_active_one(conn: Connection) -> None:
    first = full(conn, TRADE, held("r1"), held("r2")).version
    assert first
    activate(conn, first)
    delta(conn, R1)

    third = delta(conn, TOWN).version

    assert [id_ for id_, *_ in responsibilities(conn, third)] == ["r2"]


def test_a_version_that_is_not_there_is_an_error_that_names_those_that_are(
    conn: Connection,
) -> None:
    version = full(conn, TRADE).version

    with pytest.raises(VersionError, match=f"no version 99; there are: {version}"):
        activate(conn, 99)


def test_a_discarded_version_leaves_everything_as_it_was(conn: Connection) -> None:
    first = full(conn, TRADE, REGISTRATION, held("r1"), held("r2")).version
    second = delta(conn, TOWN, held("r1", unit=TOWN.id), Deleted(EntryKind.UNIT, TRADE.id)).version
    assert second

    discard(conn, second)

    assert newest_version(conn) == first
    assert {unit for *_, unit in responsibilities(conn, first)} == {TRADE.id}
    assert not delta(conn, TRADE, held("r1"), held("r2")).new


def test_only_the_newest_version_can_be_discarded(conn: Connection) -> None:
    first = full(conn, TRADE).version
    delta(conn, TOWN)
    assert first

    with pytest.raises(VersionError, match="later ones are based on it"):
        discard(conn, first)


def test_a_version_that_was_active_is_not_discarded(conn: Connection) -> None:
    first = full(conn, TRADE).version
    second = delta(conn, TOWN).version
    assert first
    assert second
    activate(conn, second)
    activate(conn, first)

    with pytest.raises(VersionError, match="has been active"):
        discard(conn, second)


def test_a_version_that_decided_cases_is_not_discarded(conn: Connection) -> None:
    version = full(conn, TRADE).version
    assert version
    case = stored(PostgresCases(conn, WAKE_AFTER), a_case())
    conn.execute(
        """
        INSERT INTO routings (case_id, round, directory_version, decision)
        VALUES (%s, 1, %s, '{}')
        """,
        [case.id, version],
    )

    with pytest.raises(VersionError, match="has decided 1 cases"):
        discard(conn, version)
    assert newest_version(conn) == version


def test_a_version_is_not_lost_while_its_rows_are_there(conn: Connection) -> None:
    version = full(conn, TRADE).version

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        conn.execute("DELETE FROM directory_versions WHERE id = %s", [version])


def test_a_difference_shows_what_is_only_in_one_of_two_versions(conn: Connection) -> None:
    first = full(conn, TRADE, held("r1"), held("r2")).version
    second = delta(conn, TRADE._replace(name="Ordnungsamt"), R1, held("r3")).version
    assert first
    assert second

    found = {each.table.name: each for each in differences(conn, first, second)}

    assert list(found["organizational_units"].lines()) == [
        "- trade@fd/oe  trade  Gewerbeamt  [xzufi]",
        "+ trade@fd/oe  trade  Ordnungsamt  [xzufi]",
    ]
    assert list(found["responsibilities"].lines()) == [
        "- r1  s1  01999  trade@fd/oe  responsible  [xzufi]",
        "+ r3  s1  01999  trade@fd/oe  responsible  [xzufi]",
    ]
    backwards = {each.table.name: each for each in differences(conn, second, first)}
    assert backwards["responsibilities"].added_rows == found["responsibilities"].ended_rows


def test_a_difference_does_not_show_how_a_unit_is_reached(conn: Connection) -> None:
    reached = TRADE._replace(contact={"phone": "0199 1"})
    first = full(conn, reached, TOWN).version
    second = full(conn, reached._replace(contact={"phone": "0199 2"})).version
    assert first
    assert second

    (found,) = differences(conn, first, second)

    assert list(found.lines()) == [
        "- town@fd/oe  town  Bürgerbüro  [xzufi]",
        "~ trade@fd/oe  trade  Gewerbeamt  [xzufi]  (contact data)",
    ]


def test_what_ended_and_came_back_is_no_difference(conn: Connection) -> None:
    first = full(conn, TRADE, held("r1"), held("r2")).version
    delta(conn, R1)
    third = delta(conn, held("r1")).version
    assert first
    assert third

    assert differences(conn, first, third) == []


def test_of_many_differences_the_first_are_shown_and_all_are_counted(conn: Connection) -> None:
    first = full(conn, TRADE).version
    second = delta(conn, *(held(f"r{number:02}") for number in range(30))).version
    assert first
    assert second

    (found,) = differences(conn, first, second, most=4)

    assert (found.added, found.ended) == (30, 0)
    assert [row[0] for row in found.added_rows] == ["r00", "r01", "r02", "r03"]


def test_a_unit_belongs_to_whoever_has_declared_it_or_the_nearest_above(conn: Connection) -> None:
    conn.execute("INSERT INTO tenants (id, document) VALUES ('t', '{}')")
    for id_, declared in (("amt", [TRADE.id]), ("town", ["below@fd/oe"]), ("own", [])):
        conn.execute(
            "INSERT INTO authorities (tenant, id, document) VALUES ('t', %s, %s)",
            [id_, json.dumps({"units": declared})],
        )
    below = TRADE._replace(id="below@fd/oe", parent=TRADE.id)
    desk = TRADE._replace(id="desk@fd/oe", parent=TRADE.id)
    own = TRADE._replace(id="own")
    ring = [TOWN._replace(id=id_, parent=parent) for id_, parent in (("x", "y"), ("y", "x"))]
    version = full(conn, TRADE, below, desk, own, *ring).version
    assert version

    found = {unit.id: unit for unit in units(conn, version)}

    assert found[TRADE.id] == ListedUnit(TRADE.id, TRADE.name, None, ("amt",), declared=True)
    assert (found["below@fd/oe"].authorities, found["below@fd/oe"].declared) == (("town",), True)
    assert (found["desk@fd/oe"].authorities, found["desk@fd/oe"].declared) == (("amt",), False)
    assert found["own"].authorities == ()
    assert found["x"].authorities == ()
