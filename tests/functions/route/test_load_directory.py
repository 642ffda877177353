"""Loading a directory from a file: as a whole, once, and fast to look up."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from infra.directory import DirectoryFileError, load_directory
from shared.domain.identifiers import LeikaKey, RegionKey, UnitId
from tests.factories import TRADE_OFFICE, TRADE_REGISTRATION
from tests.functions.process import REPOSITORY

Connection = psycopg.Connection[Any]
DEMO = REPOSITORY / "infra/local/demo/authorities.toml"
ONE = """
name = "one"
[[authorities]]
id = "trade"
name = "Gewerbeamt"
units = ["1"]
[[responsibilities]]
leika_key = "99050012104000"
authority = "trade"
regions = ["01999"]
"""


def versions(conn: Connection) -> list[tuple[int, bool]]:
    return conn.execute("SELECT id, active FROM directory_versions ORDER BY id").fetchall()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "authorities.toml"


def test_what_was_loaded_is_active(conn: Connection) -> None:
    loaded = load_directory(conn, DEMO)

    assert loaded.new
    assert versions(conn) == [(loaded.version, True)]
    extract = PostgresAuthorityDirectory(conn).look_up(
        [TRADE_REGISTRATION], RegionKey("019990001001"), UnitId("197008")
    )
    assert [authority.id for authority in extract.named] == [TRADE_OFFICE]
    assert [entry.authority.id for entry in extract.responsibilities] == [TRADE_OFFICE]
    assert extract.services == {TRADE_REGISTRATION: "Gewerbeanmeldung"}


def test_the_same_content_is_the_same_version(conn: Connection, file: Path) -> None:
    first = load_directory(conn, DEMO)
    file.write_text(f"# another comment\n{DEMO.read_text(encoding='utf-8')}", encoding="utf-8")

    second = load_directory(conn, file)

    assert (second.version, second.new) == (first.version, False)
    assert versions(conn) == [(first.version, True)]


def test_a_new_version_takes_over_and_the_old_one_stays(conn: Connection, file: Path) -> None:
    first = load_directory(conn, DEMO)
    file.write_text(ONE, encoding="utf-8")

    second = load_directory(conn, file)
    assert versions(conn) == [(first.version, False), (second.version, True)]

    assert load_directory(conn, DEMO) == (first.version, False)
    assert versions(conn) == [(first.version, True), (second.version, False)]


def test_an_operator_may_load_a_directory(conn: Connection) -> None:
    conn.execute("SET ROLE lotse_operator")

    assert load_directory(conn, DEMO).new


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "is not TOML"),
        ("", "name: Field required"),
        (ONE.replace('"99050012104000"', "99050012104000"), "should be a valid string"),
        (ONE.replace('"99050012104000"', '"9905001210400"'), "leika_key"),
        (ONE.replace('"01999"', '"019990"'), "regions"),
        (
            ONE.replace('authority = "trade"', 'authority = "tarde"'),
            "no authority has the id tarde",
        ),
        (ONE.replace('id = "trade"', 'id = "clearing-office"'), "clearing-office is not"),
        (ONE.replace('["01999"]', '["01999", "01999"]'), "is declared twice"),
        (ONE.replace("units", "unit"), "unit: Extra inputs are not permitted"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(
    conn: Connection, file: Path, text: str, said: str
) -> None:
    load_directory(conn, DEMO)
    before = versions(conn)
    file.write_text(text, encoding="utf-8")

    with pytest.raises(DirectoryFileError, match=said):
        load_directory(conn, file)

    assert versions(conn) == before


def test_a_file_that_is_not_there_is_said_by_name(conn: Connection, tmp_path: Path) -> None:
    with pytest.raises(DirectoryFileError, match=r"nowhere\.toml cannot be read"):
        load_directory(conn, tmp_path / "nowhere.toml")


@pytest.mark.parametrize("region", ["019990001001", None])
def test_a_large_directory_is_looked_up_by_index(
    conn: Connection, file: Path, region: str | None
) -> None:
    file.write_text(ONE, encoding="utf-8")
    load_directory(conn, file)
    conn.execute(
        """
        INSERT INTO responsibilities (version, leika_key, region, authority, role)
        SELECT v.id, '99' || lpad(s::text, 12, '0'), '01' || lpad(r::text, 10, '0'), 'trade',
               'responsible'
          FROM directory_versions v, generate_series(1, 200) s, generate_series(1, 250) r
        """
    )
    conn.execute("ANALYZE responsibilities")
    read = "SELECT seq_scan, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = %s"
    before = conn.execute(read, ["responsibilities"]).fetchone()

    extract = PostgresAuthorityDirectory(conn).look_up(
        [LeikaKey("99050012104000")], RegionKey(region) if region else None, UnitId("1")
    )

    assert len(extract.responsibilities) == 1
    assert conn.execute(read, ["responsibilities"]).fetchone() == before
