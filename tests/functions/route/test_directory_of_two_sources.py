"""A table beside a feed: the same unit in both is two rows, and neither may hide the other."""

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from infra.directory.entries import Service, Unit
from infra.directory.importing import import_files
from shared.domain.identifiers import LeikaKey
from shared.domain.regions import Place
from tests.directory_rows import DirectoryRows
from tests.functions.route.directories import held, responsibilities, units
from tests.xzufi import message

Connection = psycopg.Connection[Any]
KEY = LeikaKey("99050012104000")
TOWN = Place(region="019990001001")


@pytest.mark.parametrize("table", ["amt", "zweckverband"])
def test_a_table_does_not_take_a_units_place_in_the_feed_away(
    conn: Connection, tmp_path: Path, table: str
) -> None:
    """Whatever the file is called: the unit still lies below the one that is declared."""
    rows = DirectoryRows(conn)
    rows.authority("x", ["2"])
    feed = tmp_path / "feed.xml"
    feed.write_bytes(
        message(
            [
                Unit("2", "2", "Amt"),
                Unit("1", "1", "Gewerbe", parent="2"),
                Service("s", "Gewerbe", (KEY,)),
                held("r", service="s", regions=("019990001001",), unit="1"),
            ]
        )
    )
    first = import_files(conn, [feed])
    directory = PostgresAuthorityDirectory(conn, first.version)
    (before,) = directory.look_up([KEY], TOWN, None, date(2026, 3, 2)).responsibilities
    assert before.unit.authority == "x"

    csv = tmp_path / f"{table}.csv"
    csv.write_text("service,region,authority\n99115005104000,019990001,1\n")
    second = import_files(conn, [csv])

    directory = PostgresAuthorityDirectory(conn, second.version)
    (after,) = directory.look_up([KEY], TOWN, None, date(2026, 3, 2)).responsibilities
    assert after.unit.authority == "x"


def test_what_was_known_of_an_embedded_one_that_cannot_be_read_is_deleted(
    conn: Connection, tmp_path: Path
) -> None:
    """docs: if it has an id, what was known under it is deleted."""
    feed = tmp_path / "feed.xml"
    feed.write_bytes(message([held("r1", unit="1"), Unit("1", "1", "Amt")]))
    import_files(conn, [feed])
    later = message([Unit("1", "1", "Amt"), held("r1", unit="1", container="1")]).decode()
    assert "01999" in later
    feed.write_text(later.replace("01999", "nowhere"))

    done = import_files(conn, [feed])

    assert "none of its regions is an ARS or AGS" in done.report.skipped
    assert units(conn)
    assert responsibilities(conn) == []
