"""`lotse directory`, as an operator types it."""

import gzip
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from infra.commands.progress import ProgressLine
from infra.directory.entries import Deleted, Entry, EntryKind
from infra.local.demonstration import DEMO_DIRECTORY
from shared.adapters.postgres.pool import Connection
from tests.directory_rows import DirectoryRows
from tests.functions.route.directories import (
    REGISTRATION,
    TOWN,
    TRADE,
    held,
    responsibilities,
    units,
)
from tests.xzufi import message

CSV = "service,region,authority\n99050012104000,01999,trade\n"


@pytest.fixture(autouse=True)
def installation(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(lotse, ["directory", *map(str, arguments)])


def xzufi(path: Path, *entries: Entry) -> Path:
    content = message(entries)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return xzufi(tmp_path / "feed.xml", TRADE, REGISTRATION, held("r1"), held("r2"))


def test_a_feed_is_imported_and_the_next_steps_are_named(feed: Path, conn: Connection) -> None:
    done = run("import", feed)

    assert done.exit_code == 0, done.output
    assert "read 2 responsibilities" in done.output
    assert "source xzufi, taken as only what changed" in done.output
    assert "responsibilities: 2 added, 0 ended" in done.output
    assert "version 1 is new; version 1 is not active" in done.output
    assert "lotse route replay --against 1\n  lotse directory activate 1" in done.output
    assert units(conn) == [(TRADE.id, TRADE.name)]


def test_a_delta_and_a_full_one_differ_in_what_they_leave_out(
    feed: Path, tmp_path: Path, conn: Connection
) -> None:
    run("import", feed)
    less = xzufi(tmp_path / "less.xml.gz", held("r1"))

    assert run("import", less).output.splitlines()[-1] == (
        "nothing changed, so there is no new version; the newest is 1, which is not active"
    )
    assert len(responsibilities(conn)) == 2

    assert "taken as all that there is" in run("import", "--full", less).output
    assert [id_ for id_, *_ in responsibilities(conn)] == ["r1"]


def test_a_table_is_always_full_for_the_source_it_is_named_after(
    tmp_path: Path, conn: Connection
) -> None:
    table = tmp_path / "amt-foerdetal.csv"
    table.write_text(CSV + "99012008001000,01999,trade\n", encoding="utf-8")
    run("import", "--activate", table)
    table.write_text(CSV, encoding="utf-8")

    done = run("import", "--activate", table)

    assert "source amt-foerdetal, taken as all that there is" in done.output
    assert "version 2 is new; version 2 is active" in done.output
    assert [service for _, service, *_ in responsibilities(conn)] == ["99050012104000"]


def test_what_was_left_out_is_said_with_examples(tmp_path: Path) -> None:
    feed = xzufi(tmp_path / "feed.xml", TRADE, Deleted(EntryKind.UNIT, "gone@fd/oe"))

    done = run("import", feed)

    assert "skipped 1: deletion of what was not there (organizational units gone@fd/oe)" in (
        done.output
    )


def test_what_the_directory_does_not_know_is_noted(tmp_path: Path) -> None:
    done = run("import", xzufi(tmp_path / "feed.xml", held("r1", unit="nowhere@fd/oe")))

    assert "note: 1 responsibilities name unknown units: nowhere@fd/oe" in done.output
    assert "note: 1 responsibilities name unknown services: s1" in done.output


def test_a_new_municipality_that_no_region_is_is_noted_once(
    tmp_path: Path, conn: Connection
) -> None:
    rows = DirectoryRows(conn)
    rows.next_version()
    rows.municipality("019990001001")
    conn.commit()
    feed = xzufi(tmp_path / "feed.xml", TRADE, REGISTRATION, held(regions=("10510003",)))

    outputs = [run("import", feed).output for _ in range(2)]

    assert ["that no region is: 10510003" in output for output in outputs] == [True, False]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("feed.xml", b"<a", "feed.xml: "),
        ("feed.xml", b"<a/>", "feed.xml: "),
        ("table.csv", b"who;what\n", "table.csv: "),
        ("table.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-12], "ends early; fetch it again"),
        ("empty.csv", b"service,region,authority\n", "would end everything"),
        ("list.csv", b"%PDF-1.7\n", "list.csv: it is a PDF, not a file of data"),
        ("list.csv", b"PK\x03\x04", "list.csv: this is a zip archive"),
        ("list.csv", b"\xd0\xcf\x11\xe0", "list.csv: it is an old spreadsheet"),
        ("nothing.csv", b"", "nothing.csv: it is empty"),
        ("nothing.xml.gz", gzip.compress(b"", mtime=0), "nothing.xml.gz: it is empty"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    feed: Path, tmp_path: Path, conn: Connection, name: str, content: bytes, said: str
) -> None:
    run("import", feed)
    (tmp_path / name).write_bytes(content)

    done = run("import", tmp_path / name)

    assert done.exit_code == 1
    assert said in done.output
    assert done.output.lower().count("nothing was changed") == 1
    assert conn.execute("SELECT count(*) FROM directory_versions").fetchone() == (1,)


def test_a_message_that_breaks_in_the_middle_changes_nothing(
    feed: Path, tmp_path: Path, conn: Connection
) -> None:
    run("import", feed)
    broken = tmp_path / "broken.xml"
    content = message(held(f"n{number}") for number in range(2_000))
    broken.write_bytes(content[: len(content) // 2])

    done = run("import", broken)

    assert done.exit_code == 1
    assert "broken.xml: " in done.output
    assert len(responsibilities(conn)) == 2


def test_tables_of_two_sources_are_not_mixed(tmp_path: Path, conn: Connection) -> None:
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for number, file in enumerate(files):
        file.write_text(CSV.replace("01999", f"0{number + 1}"), encoding="utf-8")

    refused = run("import", *files)
    assert "name one for all with --source" in refused.output

    assert run("import", "--source", "both", *files).exit_code == 0
    assert [region for _, _, region, _ in responsibilities(conn)] == ["01", "02"]


def test_xml_and_csv_are_not_mixed(feed: Path) -> None:
    assert "import them one by one" in run("import", feed, DEMO_DIRECTORY).output


def test_the_roles_that_decide_can_be_chosen(tmp_path: Path, conn: Connection) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(message([held("r1", role="xzufi:09")]))

    run("import", feed, "--role", "01", "--role", "09")

    assert conn.execute("SELECT role FROM responsibilities").fetchone() == ("responsible",)


def test_versions_are_listed_with_what_they_changed(feed: Path, tmp_path: Path) -> None:
    assert "there is no version yet" in run("versions").output
    run("import", "--activate", feed)
    run("import", xzufi(tmp_path / "next.xml", Deleted(EntryKind.RESPONSIBILITY, "r1")))

    newest, first = run("versions").output.splitlines()

    assert newest.startswith("  2  xzufi: next.xml (delta)  loaded ")
    assert newest.endswith("responsibilities +0 -1")
    assert first.startswith("* 1  xzufi: feed.xml (delta)  loaded ")
    assert ", activated " in first


def test_a_version_is_activated_by_number(feed: Path, tmp_path: Path) -> None:
    run("import", "--activate", feed)
    run("import", xzufi(tmp_path / "next.xml", held("r3")))

    assert run("activate", 2).output == "active: 1 -> 2\n"
    assert run("activate", 2).output == "version 2 is active already\n"
    assert "there is no version 9; there are: 2 (active), 1" in run("activate", 9).output


def test_two_versions_are_compared(feed: Path, tmp_path: Path) -> None:
    run("import", feed)
    run("import", xzufi(tmp_path / "next.xml", *(held(f"n{number:02}") for number in range(25))))

    done = run("diff", 1, 2)

    assert "responsibilities: 25 added, 0 ended" in done.output
    assert "+ n19  " in done.output
    assert "+ n20  " not in done.output
    assert "and 5 more (--all)" in done.output
    assert "+ n24  " in run("diff", 1, 2, "--all").output
    assert run("diff", 2, 2).output == "versions 2 and 2 say the same\n"


def test_a_version_is_discarded(feed: Path) -> None:
    run("import", feed)

    assert run("discard", 1).output == "version 1 is gone; what it ended counts again\n"
    assert run("discard", 1).exit_code == 1


def test_units_are_listed_as_they_belong_into_authorities_toml(feed: Path) -> None:
    assert "there is no version yet" in run("units").output
    run("import", feed)

    assert run("units", "gewerbe").output == f"{TRADE.id}  {TRADE.name}  (nobody has declared it)\n"


def test_a_unit_that_is_not_found_is_said_and_where_else_to_look(
    feed: Path, tmp_path: Path
) -> None:
    run("import", "--activate", feed)
    assert run("units", "büro").output == "none in version 1 (active)\n"
    run("import", xzufi(tmp_path / "next.xml", TOWN))

    assert run("units", "büro").output == (
        "none in version 1 (active); version 2 is newer, ask with --version 2\n"
    )
    assert TOWN.id in run("units", "büro", "--version", "2").output
    assert run("units", "x", "--version", "2").output == "none in version 2 (not active)\n"


def test_what_lies_between_two_versions_comes_along_or_is_left(feed: Path, tmp_path: Path) -> None:
    run("import", feed)
    for number in (2, 3):
        run("import", xzufi(tmp_path / f"{number}.xml", held(f"n{number}")))

    assert run("activate", 3).output.splitlines() == [
        "active: none -> 3",
        "comes along: 1  xzufi: feed.xml (delta)",
        "comes along: 2  xzufi: 2.xml (delta)",
    ]
    assert run("activate", 1).output.splitlines() == [
        "active: 3 -> 1",
        "is left, too: 2  xzufi: 2.xml (delta)",
    ]


def test_an_import_says_if_it_is_based_on_a_version_that_is_not_active(
    feed: Path, tmp_path: Path
) -> None:
    run("import", "--activate", feed)
    first = run("import", xzufi(tmp_path / "2.xml", held("n2")))
    second = run("import", xzufi(tmp_path / "3.xml", held("n3")))
    third = run("import", "--activate", xzufi(tmp_path / "4.xml", held("n4")))

    assert "based on" not in first.output
    assert "version 3 is new, based on version 2, which is not active;" in second.output
    assert "based on version 3, which was not active and comes along; version 4 is active" in (
        third.output
    )


def test_a_source_that_is_new_beside_others_is_said_first(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("kiel.csv", "kiel-2026-12.csv", "kiel-2027-01.csv")]
    for file in files:
        file.write_text(CSV, encoding="utf-8")
    first, again = run("import", files[0]), run("import", files[0])
    second, third = run("import", files[1]), run("import", "--activate", files[2])

    assert "is new; sources so far" not in first.output + again.output
    assert second.output.splitlines()[0] == (
        "source kiel-2026-12 is new; sources so far: kiel. If it is one of them under another "
        "name: lotse directory discard 2, then import it with --source NAME"
    )
    assert "so far: kiel, kiel-2026-12. If" in third.output
    assert "lotse directory drop kiel-2027-01, then" in third.output


def test_an_import_that_is_interrupted_changes_nothing(
    feed: Path, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ProgressLine, "phase", interrupted)
    done = run("import", feed)

    assert (done.exit_code, done.output) == (1, "Aborted, nothing was changed\n")
    assert units(conn) == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (Terminal(), "\r\x1b[Kf.xml: 25%, 5,050 entries, 500/s, 30 s left\r\x1b[K"),
        (io.StringIO(), "f.xml: 25%, 5,050 entries, 500/s, 30 s left\n"),
    ],
)
def test_progress_says_how_fast_it_goes_and_how_long_it_takes(out: io.StringIO, said: str) -> None:
    times = iter([0.0, 0.1, 10.1, 10.2])
    line = ProgressLine(out, clock=lambda: next(times))

    line.read("f.xml", 100, 0.0)
    line.read("f.xml", 5_050, 0.25)
    line.read("f.xml", 5_100, 0.26)
    line.end()

    assert out.getvalue() == said
