"""`lotse assign reassign`, `release`, `absent`, `capacity`; `lotse directories check`."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from functions.assign.assignments import PostgresAssignments
from infra.cli import lotse
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import Outcome
from shared.domain.case import Case, Stage
from shared.domain.identifiers import POST_ROOM, AccountId, UnitId
from tests.factories import TENANT, TRADE_OFFICE, a_case, stored
from tests.functions.assign.installation import AENNE, BERTA, JOERG, WAKE_AFTER, held

Connection = psycopg.Connection[Any]
pytestmark = pytest.mark.usefixtures("installation")
NOBODY = AccountId("11111111-2222-3333-4444-555555555555")


def run(*arguments: str, command: str = "assign") -> Result:
    return CliRunner().invoke(lotse, [command, *arguments])


def reassign(case: Case, to: str, reason: str = "on leave") -> Result:
    return run("reassign", case.number, "--to", to, "--reason", reason)


def now_of(conn: Connection, case: Case) -> Case:
    conn.rollback()
    return PostgresCases(conn, WAKE_AFTER).get(case.id)


def test_a_case_is_given_to_somebody_else_and_the_record_says_who_did_it(conn: Connection) -> None:
    case = held(conn, BERTA)

    done = reassign(case, JOERG)

    assert done.exit_code == 0, done.output
    assert done.output == (
        f"{case.number}: Berta Beispiel (b.beispiel) → Jörg Mustermann (j.mustermann)\n"
    )
    now = now_of(conn, case)
    assert (now.assignee, now.organizational_unit, now.stage) == (JOERG, "u", Stage.ASSIGNED)
    row = conn.execute(
        "SELECT entry FROM case_log WHERE case_id = %s ORDER BY seq DESC LIMIT 1", [case.id]
    ).fetchone()
    assert row is not None
    entry = json.loads(row[0])
    assert (entry["action"], entry["actor"]["kind"]) == ("case.reassigned", "operator")
    assert (entry["details"]["to"], entry["details"]["reason"]) == (JOERG, "on leave")
    told = run("explain", case.number).output
    assert "Jörg Mustermann (j.mustermann): reassigned" in told
    story = run(case.number, command="case").output
    assert "from Berta Beispiel (b.beispiel) to Jörg Mustermann (j.mustermann)\n" in story
    assert " on leave\n" in story


@pytest.mark.parametrize(
    ("to", "told", "unit"),
    [
        ("unit", "tray of its unit", "u"),
        ("team-tray", "team tray", None),
        ("post-room", "post room", POST_ROOM),
    ],
)
@pytest.mark.usefixtures("directory_away")
def test_a_tray_needs_no_directory(
    conn: Connection, to: str, told: str, unit: UnitId | None
) -> None:
    case = held(conn, BERTA)

    assert reassign(case, to).output.endswith(f" → {told}\n")

    now = now_of(conn, case)
    assert (now.assignee, now.organizational_unit) == (None, unit)


@pytest.mark.parametrize(
    ("to", "reason", "complaint"),
    [
        (NOBODY, "why", "directory foerdetal/ad has no account of this id; ids are listed by"),
        (AENNE, "why", "the account is left out: disabled"),
        (BERTA, "why", "the case lies there already"),
        (JOERG, "two\nlines", "the reason has to be one line"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_changes(
    conn: Connection, to: AccountId, reason: str, complaint: str
) -> None:
    case = held(conn, BERTA)

    done = reassign(case, to, reason)

    assert done.exit_code == 1
    assert complaint in done.output
    assert now_of(conn, case) == case


@pytest.mark.usefixtures("directory_away")
def test_nobody_is_given_a_case_while_the_directory_cannot_be_asked(conn: Connection) -> None:
    case = held(conn, BERTA)

    done = reassign(case, JOERG)

    assert done.exit_code == 1
    assert "nothing listens at that port" in done.output
    assert now_of(conn, case).assignee == BERTA


def test_a_case_that_is_not_assigned_yet_is_nobodys_to_hand_on(conn: Connection) -> None:
    case = stored(PostgresCases(conn, WAKE_AFTER), a_case())
    conn.commit()

    for done in (reassign(case, JOERG), reassign(case, "team-tray"), run("release", case.number)):
        assert done.exit_code == 1
        assert "the case is not assigned yet" in done.output


def test_a_case_is_taken_from_its_holder_and_lies_in_the_tray_it_came_from(
    conn: Connection,
) -> None:
    case = held(conn, BERTA)

    assert run("release", case.number).output == (
        f"{case.number}: Berta Beispiel (b.beispiel) → tray of its unit\n"
    )

    story = run(case.number, command="case").output
    assert "from Berta Beispiel (b.beispiel) to tray of its unit\n" in story
    (step,) = PostgresAssignments(conn).of_case(now_of(conn, case).id)
    assert step[1].outcome is Outcome.RELEASED
    assert "nobody has the case" in run("release", case.number).output


def test_somebody_is_absent_to_the_end_of_the_last_day_and_may_be_back_before() -> None:
    first = datetime.now().astimezone().date() + timedelta(days=1)
    last, after = first + timedelta(days=6), first + timedelta(days=7)
    days = ["--from", f"{first}", "--until", f"{last:%d.%m.%Y}"]

    said = run("absent", BERTA, *days, "--deputy", JOERG, "--keep-cases", "--tenant", TENANT)

    assert said.exit_code == 0, said.output
    found = re.fullmatch(
        rf"(\d+)  {TENANT}  Berta Beispiel \(b.beispiel\): absent from {first} 00:00 "
        rf"until {after} 00:00, deputy Jörg Mustermann \(j.mustermann\), keeps open cases\n",
        said.output,
    )
    assert found is not None, said.output
    assert run("absences").output == said.output
    assert run("absences", "--tenant", "ostersund").output.startswith("nobody is or will be")
    then = run("try", "--authority", TRADE_OFFICE, "--at", f"{first} 12:00").output
    assert "Berta Beispiel (b.beispiel): left out, absent" in then

    assert run("present", found[1]).output == "Berta Beispiel (b.beispiel) is there again\n"

    assert run("absences").output.startswith("nobody is or will be")
    assert f"there is no absence {found[1]}" in run("present", found[1]).output


def test_without_a_last_day_it_is_until_further_notice() -> None:
    said = run("absent", BERTA, "--from", "2026-01-01", "--tenant", TENANT)

    assert said.output.endswith(": absent from 2026-01-01 00:00 until further notice\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["absent", NOBODY, "--from", "2099-01-01"], "no directory of foerdetal has an account"),
        (["absent", BERTA, "--from", "2099-01-01", "--deputy", NOBODY], f"has an account {NOBODY}"),
        (
            ["absent", BERTA, "--from", "2099-01-01", "--deputy", BERTA],
            "nobody is their own deputy",
        ),
        (
            ["absent", BERTA, "--from", "2099-01-02", "--until", "2099-01-01 12:00"],
            "ends before it begins",
        ),
        (["capacity", NOBODY, "50"], "no directory of foerdetal has an account"),
        (["capacity", BERTA, "1001"], "between 0 and 1000"),
        (["capacity", BERTA, "half"], "PERCENT is a number, or directory"),
    ],
)
def test_what_cannot_be_of_a_person_is_told(arguments: list[str], complaint: str) -> None:
    done = run(*arguments, "--tenant", TENANT)

    assert done.exit_code != 0
    assert complaint in done.output
    assert run("absences").output.startswith("nobody")


@pytest.mark.usefixtures("directory_away")
def test_an_absence_is_taken_down_also_while_the_directory_is_away() -> None:
    said = run("absent", BERTA, "--from", "2099-01-01", "--tenant", TENANT)

    assert said.exit_code == 0
    assert "so ids were not checked" in said.output
    assert "Berta Beispiel" in run("absences").output


def test_a_capacity_counts_until_the_directory_shall_count_again() -> None:
    assert run("capacity", JOERG, "0", "--tenant", TENANT).output == (
        "Jörg Mustermann (j.mustermann): 0 %\n"
    )
    told = "Jörg Mustermann (j.mustermann): left out, no capacity"
    assert told in run("try", "--authority", TRADE_OFFICE).output

    run("capacity", JOERG, "directory", "--tenant", TENANT)

    assert told not in run("try", "--authority", TRADE_OFFICE).output


def test_cases_of_whoever_is_disabled_move_when_the_directory_is_checked(conn: Connection) -> None:
    hers, bertas = held(conn, AENNE), held(conn, BERTA)

    assert run("check", "foerdetal/ad", command="directories").output == (
        "foerdetal/ad: 1 case moved\n"
    )

    assert now_of(conn, hers).assignee is None
    assert now_of(conn, bertas).assignee == BERTA


def test_many_who_are_gone_at_once_have_to_be_believed_by_a_person(conn: Connection) -> None:
    cases = [held(conn, AccountId(NOBODY.replace("1", str(digit)))) for digit in (6, 7)]

    doubtful = run("check", "foerdetal/ad", command="directories").output

    assert "foerdetal/ad: no cases moved" in doubtful
    assert "2 of 2 who have open cases are not in the directory any more" in doubtful
    assert "lotse directories check foerdetal/ad --they-left" in doubtful
    believed = run("check", "foerdetal/ad", "--they-left", command="directories").output
    assert believed == "foerdetal/ad: 2 cases moved\n"
    assert [now_of(conn, case).assignee for case in cases] == [None, None]


@pytest.mark.usefixtures("directory_away")
def test_a_directory_that_is_away_moves_nothing(conn: Connection) -> None:
    case = held(conn, AENNE)

    done = run("check", "foerdetal/ad", command="directories")

    assert done.exit_code == 1
    assert "lotse directories test foerdetal/ad" in done.output
    assert now_of(conn, case) == case
