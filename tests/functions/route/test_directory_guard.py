"""An import by which much ends is refused, unless somebody says that it is right."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from infra.directory.entries import Deleted, Entry, EntryKind
from infra.directory.errors import DirectoryFileError
from infra.directory.importing import Origin
from infra.directory.versions import newest_version
from shared.adapters.postgres.pool import Connection
from tests.functions.route.directories import (
    TOWN,
    TRADE,
    delta,
    full,
    held,
    imported,
    responsibilities,
)
from tests.xzufi import message

HELD = [held(f"r{number:03}") for number in range(400)]


def deletions(count: int) -> list[Entry]:
    return [Deleted(EntryKind.RESPONSIBILITY, each.id) for each in HELD[:count]]


def test_a_full_import_that_ends_more_than_a_fifth_is_refused_with_counts(
    conn: Connection,
) -> None:
    first = full(conn, TRADE, *HELD).version

    with pytest.raises(
        DirectoryFileError, match=r"81 of 400 responsibilities \(source xzufi\).*--much-ends"
    ):
        full(conn, TRADE, *HELD[81:])

    assert newest_version(conn) == first
    assert len(responsibilities(conn)) == 400


def test_a_fifth_may_end(conn: Connection) -> None:
    full(conn, TRADE, *HELD)

    assert full(conn, TRADE, *HELD[80:]).changes == {"responsibilities": (0, 80)}


def test_a_few_may_end_whatever_their_share(conn: Connection) -> None:
    full(conn, TRADE, *HELD[:51])

    with pytest.raises(DirectoryFileError, match="51 of 51 responsibilities"):
        full(conn, TRADE)
    assert full(conn, TRADE, HELD[0]).changes == {"responsibilities": (0, 50)}


def test_deletions_of_a_delta_count_as_well(conn: Connection) -> None:
    full(conn, TRADE, *HELD)

    with pytest.raises(DirectoryFileError, match="81 of 400 responsibilities"):
        delta(conn, *deletions(81))
    assert delta(conn, *deletions(80)).new


def test_what_is_written_anew_does_not_end(conn: Connection) -> None:
    full(conn, TRADE, TOWN, *HELD)

    done = full(conn, TRADE, TOWN, *(each._replace(unit=TOWN.id) for each in HELD))

    assert done.changes == {"responsibilities": (400, 400)}


def test_other_sources_do_not_count(conn: Connection) -> None:
    full(conn, TRADE, *HELD, source="other")
    full(conn, TRADE, *HELD[:60])

    with pytest.raises(DirectoryFileError, match=r"60 of 60 responsibilities \(source xzufi\)"):
        full(conn, TRADE)


def test_much_ends_if_it_is_said(conn: Connection) -> None:
    full(conn, TRADE, *HELD)

    done = imported(conn, [TRADE], Origin("cut", "xzufi", full=True), much_ends=True)

    assert done.changes == {"responsibilities": (0, 400)}


def run(database_url: str, *arguments: object) -> Result:
    given = ["directory", *map(str, arguments)]
    return CliRunner().invoke(lotse, given, env={"DATABASE_URL": database_url})


@pytest.mark.parametrize("suffix", ["csv", "xml"])
def test_a_file_that_was_cut_off_is_refused_by_the_command(
    database_url: str, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"kiel.{suffix}"

    def write(count: int) -> None:
        rows = [f"{99050012104000 + number},01999,trade\n" for number in range(count)]
        if suffix == "csv":
            file.write_text("service,region,authority\n" + "".join(rows), encoding="utf-8")
        else:
            file.write_bytes(message([TRADE, *HELD[:count]]))

    write(100)
    run(database_url, "import", "--full", file)
    write(40)

    refused = run(database_url, "import", "--full", file)
    assert refused.exit_code == 1
    assert "60 of 100 responsibilities (source " in refused.output
    assert "If the file is complete and right, say --much-ends; nothing was changed" in (
        refused.output
    )
    assert run(database_url, "import", "--full", "--much-ends", file).exit_code == 0
