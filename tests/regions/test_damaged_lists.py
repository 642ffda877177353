"""Lists of regions that are damaged, or not what they seem: refused, or read right."""

import gzip
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from infra.directory.errors import DirectoryFileError
from infra.regions.importing import import_files
from shared.domain.regions import Located, Location, Place
from tests.regions.lists import (
    ADORF,
    ADORF_ARS,
    BEHAUSEN,
    COUNTRY,
    EDITION,
    municipality,
    stream,
)

Connection = psycopg.Connection[Any]


def look_up(conn: Connection, version: int | None, **place: str) -> Location:
    found = PostgresAuthorityDirectory(conn, version)
    return found.look_up((), Place.model_validate(place), None, date(2024, 6, 1)).location


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_editions_of_two_days_in_one_file_are_refused(conn: Connection, tmp_path: Path) -> None:
    mixed = (*COUNTRY[:-1], COUNTRY[-1].replace(EDITION, "20190101"))
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "mixed.txt", stream(*mixed).getvalue())])


@pytest.mark.parametrize("columns", [25, 60, 100, 124, 168])
def test_a_directory_cut_off_within_a_line_is_refused(
    conn: Connection, tmp_path: Path, columns: int
) -> None:
    """docs: with one line that cannot be read it is refused as a whole."""
    cut = (*COUNTRY[:5], BEHAUSEN[:columns])
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "cut.txt", stream(*cut).getvalue())])


def test_one_ags_of_two_municipalities_is_refused(conn: Connection, tmp_path: Path) -> None:
    twice = (*COUNTRY, municipality("01051001", "5199", "Adorf", "25701"))
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "twice.txt", stream(*twice).getvalue())])


UMLAUTS = (
    municipality("01051011", "5163", "Gröde", "25869"),
    municipality("01051012", "5163", "Südermarsch", "25813"),
)
POSTCODES = "plz;ort\n25869;Gröde\n25813;Südermarsch\n25701;Adorf\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_an_encoding_that_is_none_of_ours_is_refused(
    conn: Connection, tmp_path: Path, encoding: str
) -> None:
    data = "\n".join((*COUNTRY, *UMLAUTS)).encode(encoding)
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "all.txt", data)])


def test_a_nul_is_refused_in_words(conn: Connection, tmp_path: Path) -> None:
    data = stream(*COUNTRY).getvalue().replace(b"Adorf", b"Ad\x00rf")
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "all.txt", data)])


def test_a_cut_off_archive_is_refused(conn: Connection, tmp_path: Path) -> None:
    data = gzip.compress(stream(*COUNTRY).getvalue())[:-20]
    with pytest.raises(DirectoryFileError):
        import_files(conn, [written(tmp_path / "all.txt.gz", data)])


def test_a_split_has_candidates_on_every_side(conn: Connection, tmp_path: Path) -> None:
    import_files(conn, [written(tmp_path / "a.txt", stream(*COUNTRY).getvalue())])
    halves = [
        municipality("01051021", "5163", "Adorf-Nord", "25701"),
        municipality("01051022", "5163", "Adorf-Süd", "25704"),
    ]
    later = [each.replace(EDITION, "20250101") for each in (*COUNTRY, *halves) if each != ADORF]
    changes = f"former_key,ars,from\n{ADORF_ARS},010515163021,\n{ADORF_ARS},010515163022,\n"
    done = import_files(
        conn,
        [written(tmp_path / "b.txt", stream(*later).getvalue())],
        written(tmp_path / "changes.csv", changes.encode()),
    )

    for key in (ADORF_ARS, "01051001"):
        found = look_up(conn, done.version, region=key)
        assert found.how is Located.SEVERAL
        assert len(found.municipalities) == 2


def test_a_key_given_anew_to_another_place_does_not_lead_to_the_former_ones_successor(
    conn: Connection, tmp_path: Path
) -> None:
    """A merges into B; years later the key of A is given to a new municipality."""
    import_files(conn, [written(tmp_path / "a.txt", stream(*COUNTRY).getvalue())])
    without = [each.replace(EDITION, "20250101") for each in COUNTRY if each != ADORF]
    changes = f"former_key,ars,from\n{ADORF_ARS},010515163002,2025-01-01\n"
    import_files(
        conn,
        [written(tmp_path / "b.txt", stream(*without).getvalue())],
        written(tmp_path / "changes.csv", changes.encode()),
    )
    anew = [each.replace(EDITION, "20260101") for each in COUNTRY if each != ADORF]
    anew.append(municipality("01051001", "5163", "Ganzneu", "25701").replace(EDITION, "20260101"))
    done = import_files(conn, [written(tmp_path / "c.txt", stream(*anew).getvalue())])

    found = PostgresAuthorityDirectory(conn, done.version).look_up(
        (), Place(region=ADORF_ARS), None, date(2026, 6, 1)
    )
    assert found.location.how is Located.BY_KEY
    assert [each.name for each in found.location.municipalities] == ["Ganzneu"]


@pytest.mark.parametrize("cut", [True, False])
def test_a_letter_that_is_not_utf_8_among_others_that_are_is_refused(
    conn: Connection, tmp_path: Path, cut: bool
) -> None:
    """Read as an old edition every other umlaut would be lost."""
    country = written(tmp_path / "all.txt", stream(*COUNTRY, *UMLAUTS).getvalue())
    damaged = "Dagebü".encode()[:-1] if cut else "Dagebüll".encode("cp1252")
    data = (POSTCODES + "25899;").encode() + damaged

    with pytest.raises(DirectoryFileError, match="line 5"):
        import_files(conn, [country, written(tmp_path / "plz.csv", data)])
