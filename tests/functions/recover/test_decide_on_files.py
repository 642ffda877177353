"""What a person may decide on a file, from the command line, on a real PostgreSQL."""

import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Attachment, AttachmentKind
from tests.factories import a_case, stored
from tests.functions.recover.stores import WAKE_AFTER

Connection = psycopg.Connection[Any]
WHY = ("--reason", "looked at it")


def a_held_case(conn: Connection, *verdicts: str, version: int = 1) -> Case:
    """As forward leaves it, with a file for each verdict."""
    case = stored(PostgresCases(conn, WAKE_AFTER), a_case())
    add_files(conn, case, *verdicts, version=version)
    conn.execute(
        "UPDATE cases SET stage = 'assigned', next_wake_at = NULL WHERE id = %s", [case.id]
    )
    conn.commit()
    return case


def add_files(conn: Connection, case: Case, *verdicts: str, version: int = 1) -> None:
    for position, verdict in enumerate(verdicts, start=1):
        attachment = Attachment(
            version=version,
            position=position,
            kind=AttachmentKind.ATTACHMENT,
            name="Mustermann.pdf",
            size=1234,
            sha256="00" * 32,
            object_key="none",
            malware_verdict=MalwareVerdict(verdict),
        )
        PostgresAttachments(conn).add(case.id, [attachment])
    conn.commit()


@pytest.fixture
def run(database_url: str) -> Any:
    def run(*arguments: str) -> Result:
        return CliRunner(env={"DATABASE_URL": database_url}).invoke(lotse, ["files", *arguments])

    return run


def verdicts(conn: Connection, case: Case) -> list[str]:
    rows = conn.execute(
        "SELECT malware_verdict FROM attachments WHERE case_id = %s ORDER BY version, position",
        [case.id],
    ).fetchall()
    conn.rollback()
    return [row[0] for row in rows]


def is_due(conn: Connection, case: Case) -> bool:
    row = conn.execute("SELECT next_wake_at FROM cases WHERE id = %s", [case.id]).fetchone()
    conn.rollback()
    assert row is not None
    return row[0] is not None


def test_the_last_decision_wakes_the_case(conn: Connection, run: Any) -> None:
    case = a_held_case(conn, "infected", "clean", "pending")

    assert run("release", case.number, "1", *WHY).exit_code == 0
    assert not is_due(conn, case)
    assert run("withhold", case.number, "3", *WHY).exit_code == 0

    assert is_due(conn, case)
    assert verdicts(conn, case) == ["released", "clean", "withheld"]


def test_a_decision_is_on_the_record_with_who_and_why(conn: Connection, run: Any) -> None:
    case = a_held_case(conn, "not_scannable")

    run("release", case.number, "1", *WHY)

    rows = conn.execute("SELECT entry FROM case_log WHERE case_id = %s ORDER BY seq", [case.id])
    entry = json.loads(rows.fetchall()[-1][0])
    assert entry["action"] == "file.released"
    assert entry["actor"]["kind"] == "operator"
    assert entry["details"] == {
        "version": 1, "position": 1, "was": "not_scannable", "reason": "looked at it",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("now", "command"),
    [
        ("clean", "release"),
        ("not_scanned", "release"),
        ("released", "release"),
        ("withheld", "withhold"),
    ],
)
def test_there_may_be_nothing_to_decide(conn: Connection, run: Any, now: str, command: str) -> None:
    case = a_held_case(conn, now)

    done = run(command, case.number, "1", *WHY)

    assert done.exit_code == 1
    assert verdicts(conn, case) == [now]


@pytest.mark.parametrize("now", ["withheld", "pending"])
def test_what_was_withheld_or_never_scanned_can_be_released(
    conn: Connection, run: Any, now: str
) -> None:
    case = a_held_case(conn, now)

    assert run("release", case.number, "1", *WHY).exit_code == 0

    assert verdicts(conn, case) == ["released"]


def test_which_delivery_is_meant_has_to_be_clear(conn: Connection, run: Any) -> None:
    case = a_held_case(conn, "infected")
    add_files(conn, case, "infected", version=2)

    unclear = run("withhold", case.number, "1", *WHY)
    assert unclear.exit_code == 1
    assert "--version" in unclear.output
    assert run("withhold", case.number, "1", "--version", "2", *WHY).exit_code == 0

    assert verdicts(conn, case) == ["infected", "withheld"]
    assert run("withhold", case.number, "1", *WHY).exit_code == 0  # one that holds is left


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 201])
def test_a_reason_has_to_be_given_in_one_line(conn: Connection, run: Any, reason: str) -> None:
    case = a_held_case(conn, "infected")

    assert run("release", case.number, "1").exit_code == 2
    assert run("release", case.number, "1", "--reason", reason).exit_code == 2

    assert verdicts(conn, case) == ["infected"]


def test_what_is_not_there_is_said_to_be_so(conn: Connection, run: Any) -> None:
    case = a_held_case(conn, "infected")

    assert "no files at position 7" in run("release", case.number, "7", *WHY).output
    assert run("rescan").exit_code == 2


def test_to_scan_again_leaves_what_a_person_decided(conn: Connection, run: Any) -> None:
    case = a_held_case(
        conn, "not_scanned", "clean", "infected", "not_scannable", "released", "withheld", "pending"
    )

    done = run("rescan", case.number)

    assert "4 files wait" in done.output
    assert verdicts(conn, case) == [*["pending"] * 4, "released", "withheld", "pending"]


def test_all_that_were_never_scanned_are(conn: Connection, run: Any) -> None:
    cases = [a_held_case(conn, "not_scanned", "clean") for _ in range(3)]

    assert "3 files wait" in run("rescan", "--all-not-scanned").output
    assert "0 files wait" in run("rescan", "--all-not-scanned").output

    for case in cases:
        assert verdicts(conn, case) == ["pending", "clean"]


def test_the_list_names_no_file_unless_asked(conn: Connection, run: Any) -> None:
    a_held_case(conn, "infected", "withheld", "clean", "not_scanned")

    assert run("--held").output.count("\n") == 1
    assert run().output.count("\n") == 2
    assert "Mustermann" not in run().output
    assert "Mustermann" in run("--names").output
