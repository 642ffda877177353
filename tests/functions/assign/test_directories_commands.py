"""`lotse directories`, and what `lotse status` says of them, as the operator's role."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from shared.adapters.postgres.tasks import PostgresTasks
from tests.factories import TENANT
from tests.functions.assign.installation import AENNE, BERTA, DEMO_CONFIG, JOERG

pytestmark = pytest.mark.usefixtures("installation")
GROUPS = "OU=Gruppen,OU=Amt Fördetal,dc=foerdekreis,dc=example"


def run(*arguments: str, command: str = "directories") -> Result:
    return CliRunner().invoke(lotse, [command, *arguments])


def configuration(root: Path, old: str, new: str) -> str:
    """The demo's, with this in its rules instead of that."""
    folder = root / "config"
    shutil.copytree(DEMO_CONFIG, folder)
    file = folder / "foerdetal/assignment_rules.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return str(folder)


def checked(conn: psycopg.Connection, failure: str | None = None) -> None:
    now = datetime.now(UTC)
    conn.execute(
        "INSERT INTO directory_checks (tenant, directory, due_at, checked_at, failure)"
        " VALUES (%s, 'ad', %s, %s, %s)",
        [TENANT, now, now - timedelta(minutes=7), failure],
    )
    conn.commit()


def test_what_is_declared_and_how_it_goes_is_listed(conn: psycopg.Connection) -> None:
    checked(conn)

    assert run("list").output.splitlines() == [
        "foerdetal/ad: active_directory at env:LDAP_URL",
        "  for foerdetal-gewerbe, foerdetal-bau, foerdetal-meldeamt",
        "  last kept answer never, last check 7 minutes ago",
        "ostersund/ad: active_directory at env:LDAP_URL",
        "  for ostersund-buergerbuero",
        "  last kept answer never, last check never",
    ]


def test_a_directory_that_is_away_or_doubtful_is_told_by_list_and_status(
    conn: psycopg.Connection,
) -> None:
    assert "Accounts   in 2 directories: `lotse directories list`" in run(command="status").output
    checked(conn, "Unavailable")
    PostgresTasks(conn).open("directory_doubtful", None, "too few", subject="ostersund/ad")
    conn.commit()

    listed, status = run("list").output, run(command="status").output

    assert "the check failed (Unavailable): lotse directories test foerdetal/ad" in listed
    assert "so nobody is moved: lotse directories test ostersund/ad" in listed
    assert (
        "Accounts   in 2 directories; away: foerdetal/ad (Unavailable); doubtful: ostersund/ad: "
        "`lotse directories list`"
    ) in status


def test_every_server_and_every_group_of_the_rules_is_tested() -> None:
    done = run("test", "foerdetal/ad")

    assert done.exit_code == 0, done.output
    assert "FAILS" not in done.output
    assert "ok     bind" in done.output
    assert f"group CN=Gewerbe,{GROUPS} (rule gewerbe)\n" in done.output
    assert "3 people, 2 available; left out: 1 disabled\n" in done.output
    assert "Berta" not in done.output


def test_the_same_is_there_for_programs() -> None:
    done = run("test", "--tenant", TENANT, "--json")

    (tested,) = json.loads(done.output)
    assert (tested["directory"], tested["ok"]) == ("foerdetal/ad", True)
    assert {step["server"] for step in tested["steps"]} == {"env:LDAP_URL"}
    trade = next(each for each in tested["targets"] if each["rules"] == ["gewerbe"])
    assert (trade["people"], trade["available"], trade["left_out"]) == (3, 2, {"disabled": 1})


def test_a_group_that_is_not_there_is_found_before_the_rule_is_brought_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = configuration(tmp_path, "CN=Bauaufsicht", "CN=Bauaufsich")
    monkeypatch.delenv("DATABASE_URL")  # none is needed

    done = run("test", "foerdetal/ad", "--config", folder)

    assert done.exit_code == 1
    assert f"group CN=Bauaufsich,{GROUPS} (rule bau)\n" in done.output
    assert "FAILS  there is no such group below the base" in done.output
    assert run("test", "ostersund/ad", "--config", folder).exit_code == 0


def test_a_group_in_which_nobody_is_available_is_noted_and_no_failure(tmp_path: Path) -> None:
    done = run("test", "--config", configuration(tmp_path, "CN=Bauaufsicht", "CN=Wohngeld"))

    assert done.exit_code == 0, done.output
    assert "0 people, 0 available; its cases go to substitutes, the fallback or a tray" in (
        done.output
    )


@pytest.mark.usefixtures("directory_away")
def test_without_a_server_that_works_the_groups_are_not_asked_for() -> None:
    done = run("test", "foerdetal/ad")

    assert done.exit_code == 1
    assert "FAILS  port" in done.output
    assert "no server works, so what the rules name was not looked up" in done.output
    assert "group" not in done.output


def test_people_are_found_by_their_mail_address_with_what_was_told_to_us(
    conn: psycopg.Connection,
) -> None:
    conn.execute(
        "INSERT INTO capacities (tenant, account, capacity, set_by) VALUES (%s, %s, 50, '{}')",
        [TENANT, JOERG],
    )
    conn.commit()

    assert run("people", "foerdetal/ad", "--group", f"CN=Gewerbe,{GROUPS}").output.splitlines() == [
        f"group CN=Gewerbe,{GROUPS}",
        f"  {AENNE}  ae.probe@foerdetal.example: disabled",
        f"  {BERTA}  b.beispiel@foerdetal.example: available",
        f"  {JOERG}  j.mustermann@foerdetal.example: available, capacity 50 %",
    ]
    everywhere = run("people", "foerdetal/ad").output
    assert everywhere.count("m.bauprobe@foerdetal.example") == 2  # in two groups that rules name
    in_unit = run("people", "foerdetal/ad", "--unit", "OU=Nirgends,OU=Amt Fördetal").output
    assert in_unit.splitlines()[1] == "  is not there, or may not be read by us"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["people", "ad"], "several are called like this; there are: foerdetal/ad, ostersund/ad"),
        (["test", "ldap"], "none is called like this; there are: foerdetal/ad, ostersund/ad"),
        (["test", "--tenant", "nobody"], "none is called like this"),
        (["people", "foerdetal/ad", "--group", "CN=a", "--unit", "OU=b"], "not both"),
    ],
)
def test_a_directory_has_to_be_named_clearly(arguments: list[str], complaint: str) -> None:
    done = run(*arguments)

    assert done.exit_code != 0
    assert complaint in done.output


@pytest.mark.usefixtures("directory_away")
def test_people_cannot_be_told_while_the_directory_is_away() -> None:
    done = run("people", "foerdetal/ad")

    assert done.exit_code == 1
    assert "see what is wrong: lotse directories test foerdetal/ad" in done.output
