"""What `lotse status` says of the directory."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from infra.commands.status import status
from infra.directory.versions import activate, add_version
from tests.rerouting import Connection
from tests.roles import as_role

NOTHING_IS_ROUTED = "so nothing is routed"


@pytest.fixture(autouse=True)
def _operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", as_role(database_url, "lotse_operator"))


def told() -> list[str]:
    """The lines under `Directory`."""
    done = CliRunner().invoke(status)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("Directory"))
    block = [lines[first]]
    for line in lines[first + 1 :]:
        if not line.startswith(" "):
            break
        block.append(line)
    return [line.removeprefix("Directory").strip() for line in block]


def imported(conn: Connection, name: str, ago: timedelta = timedelta()) -> int:
    version = add_version(conn, name, "test")
    conn.execute(
        "UPDATE directory_versions SET loaded_at = %s WHERE id = %s",
        [datetime.now(UTC) - ago, version],
    )
    conn.commit()
    return version


def test_without_a_directory_the_way_to_one_is_named() -> None:
    (line,) = told()

    assert NOTHING_IS_ROUTED in line
    assert line.endswith("`lotse directory import FILE`")


def test_the_active_version_is_named_with_its_age(conn: Connection) -> None:
    activate(conn, imported(conn, "kiel: kiel.csv (full)", timedelta(days=3, hours=1)))
    conn.commit()

    active, age = told()

    assert active.startswith(f"version 1 is active since {datetime.now().astimezone():%Y-}")
    assert active.endswith(": kiel: kiel.csv (full)")
    assert age == "the newest import was 3 days ago: kiel: kiel.csv (full)"


def test_a_newer_version_that_does_not_decide_yet_is_named(conn: Connection) -> None:
    activate(conn, imported(conn, "first", timedelta(days=3)))
    imported(conn, "second", timedelta(hours=2))

    active, newer, age = told()

    assert active.startswith("version 1 is active")
    assert newer == "version 2 is newer and not active: `lotse directory activate 2`"
    assert age == "the newest import was 2 hours ago: second"


def test_as_long_as_none_is_active_it_is_said_what_that_means(conn: Connection) -> None:
    imported(conn, "first")

    none, newer, _ = told()

    assert none == f"no version is active, {NOTHING_IS_ROUTED}"
    assert "`lotse directory activate 1`" in newer
