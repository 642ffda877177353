"""`lotse assign explain` and `try`, as the operator's role."""

import json
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from functions.assign.answers import Answer
from functions.assign.assignments import PostgresAssignments
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.particulars import Particulars
from infra.cli import lotse
from infra.configuration.load import load
from infra.declared_rules import rules_in
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.assignment import AssignmentDecision, Outcome
from shared.domain.caseworkers import Account, Members
from shared.domain.identifiers import UnitId
from shared.domain.submission import Mailbox
from tests.factories import BUILDING_OFFICE, TENANT, TRADE_OFFICE, a_case, stored
from tests.functions.assign.installation import AENNE, BERTA, DEMO_CONFIG, JOERG, WAKE_AFTER, held

pytestmark = pytest.mark.usefixtures("installation")
STORED = ("cases", "assignments", "assignment_turns", "directory_answers", "notices", "case_log")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(lotse, ["assign", *arguments])


def tried(*arguments: str, authority: str = TRADE_OFFICE) -> AssignmentDecision:
    done = run("try", "--authority", authority, "--json", *arguments)
    assert done.exit_code == 0, done.output
    return AssignmentDecision.model_validate_json(done.output)


def a_decision(outcome: Outcome, **changes: Any) -> AssignmentDecision:
    return AssignmentDecision.model_validate(
        {"outcome": outcome, "authority": TRADE_OFFICE, "reason": "Because.", **changes}
    )


def counts(conn: psycopg.Connection) -> dict[str, int]:
    rows = {table: conn.execute(f"SELECT count(*) FROM {table}").fetchone() for table in STORED}
    return {table: row[0] if row else 0 for table, row in rows.items()}


def test_who_would_get_it_is_told_with_everybody_who_was_looked_at(
    conn: psycopg.Connection,
) -> None:
    held(conn, BERTA)
    before = counts(conn)

    done = run("try", "--authority", TRADE_OFFICE)

    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0] == "Jörg Mustermann (j.mustermann): least open cases"
    assert "Änne Probe (ae.probe): left out, disabled" in done.output
    assert "Berta Beispiel (b.beispiel): 1 open case" in done.output
    assert "Jörg Mustermann (j.mustermann): 0 open cases" in done.output
    assert counts(conn) == before


def test_a_case_that_there_is_does_not_count_against_whoever_has_it(
    conn: psycopg.Connection,
) -> None:
    held(conn, JOERG)
    case = held(conn, BERTA)

    done = run("try", "--case", case.number, "--json")

    candidates = {each["account"]: each for each in json.loads(done.output)["candidates"]}
    assert candidates[BERTA]["open_cases"] == 0
    assert candidates[JOERG]["open_cases"] == 1


@pytest.mark.parametrize(
    ("condition", "arguments"),
    [
        ('form = "laden"', ["--form", "laden"]),
        ('leika_prefix = "99050"', ["--leika", "99050012104000"]),
        ('region = "019990001"', ["--region", "019990001001"]),
        (
            'field = { path = "betrieb.branche", values = ["Hotel"] }',
            ["--field", "betrieb.branche=Hotel"],
        ),
    ],
)
def test_what_rules_ask_for_can_be_said_and_the_rules_may_be_new_ones(
    tmp_path: Path, condition: str, arguments: list[str]
) -> None:
    folder = tmp_path / "config"
    shutil.copytree(DEMO_CONFIG, folder)
    rule = f'[[assignment_rules]]\nid = "new"\nauthority = "{TRADE_OFFICE}"\n{condition}\n'
    with (folder / "foerdetal/assignment_rules.toml").open("a") as file:
        file.write(rule + 'strategy = "team_tray"\n')

    assert tried("--config", str(folder), *arguments).rule == "new"
    assert tried("--config", str(folder)).rule == "gewerbe"
    assert tried(*arguments).rule == "gewerbe"


def test_an_applicant_who_has_another_case_is_found_by_the_mailbox(
    conn: psycopg.Connection,
) -> None:
    mailbox = Particulars(mailbox=Mailbox(identifier="demo-postfach"))
    holder = tried(authority=BUILDING_OFFICE).candidates[-1].account
    case = held(conn, holder)
    applicant = mailbox.applicant(case.routed_to(BUILDING_OFFICE, TENANT), ())
    decision = a_decision(Outcome.STICKY, assignee=holder)
    PostgresAssignments(conn).add(case.id, 1, decision, applicant)
    conn.commit()

    decided = tried("--applicant-mailbox", "demo-postfach", authority=BUILDING_OFFICE)

    assert (decided.outcome, decided.assignee) == (Outcome.STICKY, holder)


def test_who_is_away_at_another_time_does_not_get_it_then(conn: psycopg.Connection) -> None:
    starts = datetime.now(UTC) + timedelta(days=7)
    conn.execute(
        "INSERT INTO absences (tenant, account, starts_at, ends_at, hands_over, set_by)"
        " VALUES (%s, %s, %s, %s, true, '{}')",
        [TENANT, BERTA, starts, starts + timedelta(days=7)],
    )
    conn.commit()

    assert tried().assignee == BERTA
    then = tried("--at", f"{starts + timedelta(days=2):%Y-%m-%d}")

    assert then.assignee == JOERG
    assert [each.account for each in then.candidates if each.left_out == "absent"] == [BERTA]


@pytest.mark.usefixtures("directory_away")
def test_while_the_directory_is_away_its_last_answer_counts_as_it_does_for_cases(
    conn: psycopg.Connection,
) -> None:
    done = run("try", "--authority", TRADE_OFFICE)
    assert done.exit_code == 1
    assert "directory ad is away, and nothing recent is known" in done.output
    assert "lotse directories test" in done.output

    declared = rules_in(load(DEMO_CONFIG))[TENANT]
    (rule,), (directory,) = declared.of(TRADE_OFFICE), declared.directories
    assert rule.target is not None
    members = Members(unit=UnitId("u"), accounts=(Account(id=BERTA),))
    answered_at = datetime.now(UTC) - timedelta(minutes=3)
    kept = PostgresKeptAnswers(lambda: nullcontext(conn))
    kept.keep(TENANT, directory, rule.target, Answer(members, answered_at))
    conn.commit()

    decided = tried()

    assert (decided.assignee, decided.answer_from) == (BERTA, answered_at)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "say --authority and what the rules ask for, or only --case"),
        (["--authority", "a", "--case", "100-0002"], "or only --case"),
        (["--case", "100-0002", "--form", "f"], "or only --case"),
        (["--authority", "nobody"], "no tenant declares an authority nobody; there are: foerdetal"),
        (["--authority", TRADE_OFFICE, "--field", "branche"], "write it as PATH=VALUE"),
        (["--authority", TRADE_OFFICE, "--at", "2020-01-01"], "has passed"),
        (["--case", "100-0002"], "there is no case 100-0002 here"),
    ],
)
def test_what_cannot_be_tried_is_told(arguments: list[str], complaint: str) -> None:
    done = run("try", *arguments)

    assert done.exit_code != 0
    assert complaint in done.output


def test_a_case_is_explained_with_all_that_came_later(conn: psycopg.Connection) -> None:
    case = held(conn, BERTA)
    store = PostgresAssignments(conn)
    store.add(case.id, 1, a_decision(Outcome.LEAST_OPEN_CASES, assignee=JOERG, rule="gewerbe"))
    store.add(case.id, 1, a_decision(Outcome.REASSIGNED, assignee=BERTA))
    conn.commit()

    told = run("explain", case.number).output.splitlines()

    assert told == [
        "Round 1: Jörg Mustermann (j.mustermann): least open cases",
        "  Because.",
        "  then Berta Beispiel (b.beispiel): reassigned",
        "    Because.",
    ]
    documents = json.loads(run("explain", str(case.id), "--json").output)
    assert [(each["round"], each["step"]) for each in documents] == [(1, 1), (1, 2)]
    assert documents[1]["decision"]["assignee"] == BERTA
    assert AENNE not in str(documents)


def test_a_case_that_nobody_was_given_yet_says_so(conn: psycopg.Connection) -> None:
    case = stored(PostgresCases(conn, WAKE_AFTER), a_case())
    conn.commit()

    assert run("explain", case.number).output == "Round 1: not assigned yet, it is received\n"
