"""Lists of regions in the directory's versions, and the commands that bring them in."""

from datetime import date
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from functions.route.directory import PostgresAuthorityDirectory
from infra.commands.regions import regions
from infra.directory.errors import DirectoryFileError
from infra.directory.versions import discard, newest_version
from infra.regions.importing import import_files
from shared.domain.identifiers import RegionKey
from shared.domain.regions import Located, Location, Place
from tests.directory_rows import DirectoryRows
from tests.regions.lists import (
    ADORF,
    ADORF_ARS,
    BEHAUSEN,
    BEHAUSEN_ARS,
    COUNTRY,
    NEUDORF_ARS,
    OTHER_NEUDORF_ARS,
    file,
    line,
    municipality,
)

MERGED = municipality("01051009", "5163", "Abehausen", "25701")
MERGED_ARS = "010515163009"
NO_MUNICIPALITY = "postcodes of a place that is no municipality of its district or state"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return file(tmp_path / "GV100AD.txt", *COUNTRY)


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """The edition after Adorf and Behausen became one."""
    return file(
        tmp_path / "GV100AD-later.txt",
        *(each for each in COUNTRY if each not in (ADORF, BEHAUSEN)),
        MERGED,
    )


def changes(tmp_path: Path, day: str = "") -> Path:
    lines = [f"{each},{MERGED_ARS},{day}" for each in (ADORF_ARS, BEHAUSEN_ARS)]
    return file(tmp_path / "changes.csv", "former_key,ars,from", *lines)


def look_up(
    conn: psycopg.Connection, version: int | None, on: date = date(2024, 6, 1), **place: str
) -> Location:
    found = PostgresAuthorityDirectory(conn, version)
    return found.look_up((), Place.model_validate(place), None, on).location


def count(conn: psycopg.Connection) -> int:
    row = conn.execute("SELECT count(*) FROM directory_versions").fetchone()
    assert row is not None
    found: int = row[0]
    return found


def run(database_url: str, *arguments: str | Path) -> Result:
    given = [str(argument) for argument in arguments]
    return CliRunner().invoke(regions, given, env={"DATABASE_URL": database_url})


def test_an_import_is_one_version_that_is_not_active(
    conn: psycopg.Connection, directory: Path, tmp_path: Path
) -> None:
    listed = file(tmp_path / "postcodes.csv", "plz,ort", "25709,Adorf")

    done = import_files(conn, [directory, listed])

    assert (done.new, count(conn)) == (True, 1)
    assert conn.execute("SELECT active FROM directory_versions").fetchone() == (False,)
    assert look_up(conn, done.version, name="Adorf", postcode="25709").is_certain
    assert look_up(conn, done.version, name="Adorf", postcode="25701").is_certain


def test_importing_the_same_again_makes_no_version(
    conn: psycopg.Connection, directory: Path, merged: Path, tmp_path: Path
) -> None:
    first = import_files(conn, [directory])
    assert not import_files(conn, [directory]).new

    later = import_files(conn, [merged], changes(tmp_path, "2025-01-01"))
    again = import_files(conn, [merged], changes(tmp_path, "2025-01-01"))

    assert (first.version, later.version, again.version) == (1, 2, 2)
    assert not again.new
    assert count(conn) == 2


def test_a_new_edition_stores_only_what_changed_and_leaves_the_old_version_as_it_was(
    conn: psycopg.Connection, directory: Path, merged: Path, tmp_path: Path
) -> None:
    old = import_files(conn, [directory])

    new = import_files(conn, [merged], changes(tmp_path))

    assert new.changes["regions"] == (1, 2)
    assert look_up(conn, old.version, region=ADORF_ARS).how is Located.BY_KEY
    found = look_up(conn, new.version, region=ADORF_ARS)
    assert found.how is Located.BY_FORMER_KEY
    assert [each.ars for each in found.municipalities] == [MERGED_ARS]
    assert set(found.municipalities[0].former_keys) == {
        ADORF_ARS,
        "01051001",
        BEHAUSEN_ARS,
        "01051002",
    }


def test_on_either_side_of_the_day_of_a_change_its_own_municipality_is_found(
    conn: psycopg.Connection, directory: Path, merged: Path, tmp_path: Path
) -> None:
    import_files(conn, [directory])
    version = import_files(conn, [merged], changes(tmp_path, "2025-01-01")).version

    before = look_up(conn, version, date(2024, 12, 31), region=ADORF_ARS)
    after = look_up(conn, version, date(2025, 1, 1), region=ADORF_ARS)

    assert [each.ars for each in before.municipalities] == [ADORF_ARS]
    assert [each.ars for each in after.municipalities] == [MERGED_ARS]


def test_a_list_alone_leaves_the_regions_and_other_lists_as_they_are(
    conn: psycopg.Connection, directory: Path, tmp_path: Path
) -> None:
    import_files(conn, [directory, file(tmp_path / "a.csv", "plz,ort", "25709,Adorf")])

    keyed = file(tmp_path / "b.csv", "plz,ars", f"25709,{NEUDORF_ARS}")
    done = import_files(conn, [keyed])

    assert done.changes == {"postcodes": (1, 0)}
    found = look_up(conn, done.version, postcode="25709")
    assert {each.ars for each in found.municipalities} == {ADORF_ARS, NEUDORF_ARS}


def test_a_version_of_regions_can_be_discarded(
    conn: psycopg.Connection, directory: Path, merged: Path
) -> None:
    old = import_files(conn, [directory])
    new = import_files(conn, [merged])
    assert new.version is not None

    discard(conn, new.version)

    assert newest_version(conn) == old.version
    assert look_up(conn, old.version, region=ADORF_ARS).how is Located.BY_KEY
    assert import_files(conn, [merged]).changes == new.changes


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["what,is,this", "1,2,3"], "wrong.csv: neither"),
        (COUNTRY, "wrong.csv is a second municipality directory"),
        (["plz,ort", "1,Adorf"], "wrong.csv: the list has no postcode"),
        (["%PDF-1.7"], "wrong.csv: it is a PDF"),
        ([], "wrong.csv: it is empty"),
    ],
)
def test_one_wrong_file_changes_nothing(
    conn: psycopg.Connection, directory: Path, tmp_path: Path, lines: list[str], said: str
) -> None:
    wrong = file(tmp_path / "wrong.csv", *lines)

    with pytest.raises(DirectoryFileError, match=said):
        import_files(conn, [directory, wrong])

    assert count(conn) == 0


def state(key: str, name: str, municipalities: int) -> list[str]:
    numbers = range(1, municipalities + 1)
    return [
        line("10", key, name),
        *(municipality(f"{key}051{each:03}", "5163", f"Ort {each}", "25701") for each in numbers),
    ]


def test_a_directory_that_lacks_a_state_is_refused(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    both = file(tmp_path / "both.txt", *state("01", "Nordland", 300), *state("02", "Südland", 2))
    one = file(tmp_path / "one.txt", *state("01", "Nordland", 300))
    import_files(conn, [both])

    with pytest.raises(DirectoryFileError, match="3 of 3 regions of Südland would end: is the"):
        import_files(conn, [one])

    assert count(conn) == 1
    assert import_files(conn, [one], much_ends=True).changes["regions"] == (0, 3)
    assert import_files(conn, [both]).changes["regions"] == (3, 0)


def test_a_directory_that_is_cut_off_in_its_last_state_is_refused(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    north = state("01", "Nordland", 500)
    import_files(conn, [file(tmp_path / "all.txt", *north, *state("02", "Südland", 100))])
    cut = file(tmp_path / "cut.txt", *north, *state("02", "Südland", 40))

    with pytest.raises(DirectoryFileError, match="60 of 101 regions of Südland would end"):
        import_files(conn, [cut])

    few = file(tmp_path / "few.txt", *north, *state("02", "Südland", 50))
    assert import_files(conn, [few]).changes["regions"] == (0, 50)


def test_municipalities_of_which_it_is_known_what_they_became_may_end(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    north = state("01", "Nordland", 500)
    import_files(conn, [file(tmp_path / "all.txt", *north, *state("02", "Südland", 100))])
    merged = file(tmp_path / "merged.txt", *north, *state("02", "Südland", 40))
    became = [f"020515163{each:03},020515163001" for each in range(41, 101)]
    listed = file(tmp_path / "changes.csv", "former_key,ars", *became)

    with pytest.raises(DirectoryFileError, match="60 of 101 regions of Südland"):
        import_files(conn, [merged])
    assert import_files(conn, [merged], listed).changes["regions"] == (0, 60)


def test_a_list_of_postcodes_that_is_cut_off_is_refused(
    conn: psycopg.Connection, directory: Path, tmp_path: Path
) -> None:
    lines = [f"{25000 + each},{NEUDORF_ARS}" for each in range(100)]
    import_files(conn, [directory, file(tmp_path / "all.csv", "plz,ars", *lines)])
    cut = file(tmp_path / "cut.csv", "plz,ars", *lines[60:])

    with pytest.raises(DirectoryFileError, match=r"60 of 100 postcodes \(source postcodes-of-k"):
        import_files(conn, [cut])

    assert import_files(conn, [cut], much_ends=True).changes == {"postcodes": (0, 60)}


def test_postcodes_need_municipalities(conn: psycopg.Connection, tmp_path: Path) -> None:
    listed = file(tmp_path / "postcodes.csv", "plz,ort", "25709,Adorf")

    with pytest.raises(DirectoryFileError, match="GV100AD first"):
        import_files(conn, [listed])


def test_the_command_tells_what_was_read_what_changed_and_what_to_do(
    database_url: str, directory: Path, tmp_path: Path
) -> None:
    listed = file(tmp_path / "postcodes.csv", "plz,ort", "25709,Adorf", "25709,Nirgendwo")

    done = run(database_url, "import", directory, listed)

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "read 1 states",
        "read 2 districts",
        "read 1 associations",
        "read 5 municipalities",
        "read 2 postcodes of places",
        f"skipped 1: {NO_MUNICIPALITY} (postcodes-of-places, line 3: 25709 Nirgendwo)",
        "regions: 9 added, 0 ended",
        "postcodes: 5 added, 0 ended",
        "version 1 is new; version 1 is not active. Next:",
        "  lotse route replay --against 1",
        "  lotse directory activate 1",
    ]
    again = run(database_url, "import", directory, listed)
    assert again.output.splitlines()[-1] == (
        "nothing changed, so there is no new version; the newest is 1, which is not active"
    )


def test_the_command_refuses_a_wrong_file_with_what_is_expected(
    database_url: str, tmp_path: Path
) -> None:
    done = run(database_url, "import", file(tmp_path / "wrong.txt", "x"))

    assert done.exit_code == 1
    assert "wrong.txt: neither the municipality directory GV100AD nor a list" in done.output
    assert "nothing was changed" in done.output


def test_the_command_takes_a_directory_that_is_cut_off_only_if_it_is_said(
    database_url: str, tmp_path: Path
) -> None:
    whole = [*state("01", "Nordland", 1), *state("02", "Südland", 1)]
    run(database_url, "import", file(tmp_path / "all.txt", *whole))
    cut = file(tmp_path / "cut.txt", *whole[:2])

    refused = run(database_url, "import", cut)

    assert refused.exit_code == 1
    assert "regions of Südland would end" in refused.output
    assert "say --much-ends; nothing was changed" in refused.output
    assert run(database_url, "import", "--much-ends", cut).exit_code == 0


def test_changes_alone_are_named_in_their_version(
    database_url: str, conn: psycopg.Connection, directory: Path, tmp_path: Path
) -> None:
    run(database_url, "import", "--activate", directory)
    run(database_url, "import", file(tmp_path / "postcodes.csv", "plz,ort", "25709,Adorf"))
    listed = file(tmp_path / "changes.csv", "former_key,ars", f"01051009,{ADORF_ARS}")

    done = run(database_url, "import", "--changes", listed)

    assert "version 3 is new, based on version 2, which is not active" in done.output
    row = conn.execute("SELECT name FROM directory_versions WHERE id = 3").fetchone()
    assert row == ("regions: changes.csv",)


def test_the_command_needs_something_to_import(database_url: str) -> None:
    assert run(database_url, "import").exit_code == 2


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (["Adorf"], "version 1: by name"),
        (["25701", "Adorf"], "version 1: by name and postcode"),
        ([ADORF_ARS], "version 1: by key"),
        (["01051001"], "version 1: by key"),
    ],
)
def test_a_place_that_is_certain_is_found(
    database_url: str, directory: Path, text: list[str], first: str
) -> None:
    run(database_url, "import", directory, "--activate")

    done = run(database_url, "find", *text)

    assert done.output.splitlines() == [
        first,
        f"  {ADORF_ARS}  Adorf (Gemeinde, AGS 01051001)",
        "    postcodes 25701",
    ]


def test_a_place_that_is_not_certain_has_its_candidates(database_url: str, directory: Path) -> None:
    run(database_url, "import", directory, "--activate")

    name = run(database_url, "find", "neudorf").output.splitlines()
    assert name[0] == "version 1: several: candidates, people decide"
    assert [line.split()[0] for line in name if "AGS" in line] == [NEUDORF_ARS, OTHER_NEUDORF_ARS]
    assert "candidates" in run(database_url, "find", "25701").output
    assert run(database_url, "find", "Nirgendwo").output == ("version 1: unknown, people decide\n")
    assert run(database_url, "find", "010515163").output == (
        "version 1: Amt Moorland; key too short, people decide\n"
    )


def test_what_a_former_key_became_is_found_in_a_version_that_is_not_active(
    database_url: str, directory: Path, merged: Path, tmp_path: Path
) -> None:
    run(database_url, "import", directory, "--activate")
    run(database_url, "import", merged, "--changes", changes(tmp_path))

    assert "Adorf" in run(database_url, "find", ADORF_ARS).output
    found = run(database_url, "find", ADORF_ARS, "--version", "2").output
    assert "by former key" in found
    assert f"formerly 01051001, 01051002, {ADORF_ARS}, {BEHAUSEN_ARS}" in found


def test_without_an_active_version_nothing_is_found_in_it(
    database_url: str, directory: Path
) -> None:
    assert "lotse regions import" in run(database_url, "find", "Adorf").output
    run(database_url, "import", directory)
    assert "lotse directory activate 1" in run(database_url, "find", "Adorf").output
    assert run(database_url, "find", "Adorf", "--version", "7").exit_code == 1


def test_a_version_without_regions_says_so(
    database_url: str, conn: psycopg.Connection, directory: Path
) -> None:
    DirectoryRows(conn).next_version()
    conn.commit()

    found = run(database_url, "find", "Adorf")

    assert found.exit_code == 1
    assert "no regions are imported in version 1: lotse regions import FILE" in found.output
    run(database_url, "import", directory)
    assert run(database_url, "find", "Adorf").output == found.output
    assert "by name" in run(database_url, "find", "Adorf", "--version", "2").output


def test_a_key_is_text(conn: psycopg.Connection, directory: Path) -> None:
    done = import_files(conn, [directory])

    assert look_up(conn, done.version, region=RegionKey("1051001")).how is Located.UNKNOWN
