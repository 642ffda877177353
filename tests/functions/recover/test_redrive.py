"""Redrive asks the case first: through the command line, as the operator's role."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from infra.commands.dead_letters import dead_letters, redrive, tasks
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Case
from shared.domain.dead_letter import DeadLetter, DeadLetterState, KeptDeadLetter
from shared.domain.events import CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId
from shared.domain.waking import CASE_STALLED
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry
from tests.functions.recover.stores import WAKE_AFTER, a_due_case, waking
from tests.roles import as_role

Connection = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", as_role(database_url, "lotse_operator"))


def lotse(command: Any, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def a_stalled_case(conn: Connection) -> Case:
    case = a_due_case(conn, attempts=40)
    conn.execute("UPDATE cases SET next_wake_at = NULL WHERE id = %s", [case.id])
    PostgresTasks(conn).open(CASE_STALLED, case.id, "still received after it was woken 40 times")
    conn.commit()
    return case


def a_dead_letter_of(conn: Connection, case: Case) -> KeptDeadLetter:
    """Of the case's last event."""
    event = PostgresEvents(conn).last(case.id)
    letters = PostgresDeadLetters(conn)
    letters.keep(
        DeadLetter(
            source=event.source,
            event_id=str(event.id),
            type=event.type,
            case_id=case.id,
            round=event.round,
            data=event.data(),
            error_code="500",
            error_destination="http://route/",
        )
    )
    (letter,) = letters.open_of(case.id)
    conn.commit()
    return letter


def kept(conn: Connection, letter: KeptDeadLetter) -> KeptDeadLetter:
    found = PostgresDeadLetters(conn).get(letter.id)
    conn.rollback()
    assert found is not None
    return found


def move_on(conn: Connection, case: Case, authority: AuthorityId = TRADE_OFFICE) -> Case:
    tenant = None if authority == CLEARING_OFFICE else TENANT
    case, routed = case.routed_to(authority, tenant).announce(
        CaseRouted, authority=authority, tenant=tenant
    )
    PostgresCases(conn, WAKE_AFTER).save(case, entry=an_entry("case.routed"), event=routed)
    conn.commit()
    return case.model_copy(update={"version": case.version + 1})


def last_entry(conn: Connection, case: Case) -> dict[str, Any]:
    row = conn.execute(
        """
        SELECT convert_from(entry, 'UTF8')::json
          FROM case_log
         WHERE case_id = %s
         ORDER BY seq DESC
         LIMIT 1
        """,
        [case.id],
    ).fetchone()
    conn.rollback()
    assert row is not None
    entry: dict[str, Any] = row[0]
    return entry


def is_due(conn: Connection, case: Case) -> bool:
    until, attempts = waking(conn, case)
    return until is not None and until <= timedelta() and attempts == 0


def test_a_dead_letter_of_a_case_that_stands_still_makes_the_case_due(conn: Connection) -> None:
    case = a_stalled_case(conn)
    letter = a_dead_letter_of(conn, case)

    done = lotse(redrive, f"D{letter.id}")

    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"D{letter.id} (case {case.number}): redriven")
    assert is_due(conn, case)
    assert kept(conn, letter).state is DeadLetterState.REDRIVEN
    assert PostgresTasks(conn).all_open() == []
    entry = last_entry(conn, case)
    assert entry["action"] == "case.redriven"
    assert entry["actor"]["kind"] == "operator"
    assert entry["details"] == {"dead_letters": [letter.id]}


def test_where_the_case_is_past_the_event_there_is_nothing_to_do(conn: Connection) -> None:
    case = a_due_case(conn)
    letter = a_dead_letter_of(conn, case)
    move_on(conn, case)

    done = lotse(redrive, f"d{letter.id}")

    assert "nothing to do, the case is routed already" in done.output
    closed = kept(conn, letter)
    assert (closed.state, closed.reason) == (
        DeadLetterState.CLOSED,
        "the case is routed already",
    )
    assert last_entry(conn, case)["action"] == "case.routed"


def test_a_case_that_waits_for_a_person_is_not_sent_round_again(conn: Connection) -> None:
    case = move_on(conn, a_due_case(conn), CLEARING_OFFICE)
    letter = a_dead_letter_of(conn, case)

    assert "clearing office" in lotse(redrive, f"D{letter.id}").output
    assert "clearing office" in lotse(redrive, case.number).output

    assert waking(conn, case) == (None, 0)


def test_an_event_of_an_older_round_is_closed(conn: Connection) -> None:
    case = a_due_case(conn)
    letter = a_dead_letter_of(conn, case)
    conn.execute("UPDATE cases SET round = 2 WHERE id = %s", [case.id])
    conn.commit()

    assert "the case is in round 2, the event of 1" in lotse(redrive, f"D{letter.id}").output

    assert kept(conn, letter).state is DeadLetterState.CLOSED


def test_a_case_is_redriven_by_number_or_id_with_its_dead_letters(conn: Connection) -> None:
    by_number, by_id = a_stalled_case(conn), a_stalled_case(conn)
    letter = a_dead_letter_of(conn, by_number)

    assert lotse(redrive, by_number.number).exit_code == 0
    assert lotse(redrive, str(by_id.id)).exit_code == 0

    assert is_due(conn, by_number)
    assert is_due(conn, by_id)
    assert kept(conn, letter).state is DeadLetterState.REDRIVEN


def test_all_open_dead_letters_are_redriven_each_by_itself(conn: Connection) -> None:
    still, past = a_stalled_case(conn), a_due_case(conn)
    unknown = a_case()
    letters = [a_dead_letter_of(conn, still), a_dead_letter_of(conn, past)]
    move_on(conn, past)
    PostgresDeadLetters(conn).keep(DeadLetter(source="unreadable", event_id="sha256:00"))
    PostgresDeadLetters(conn).keep(
        DeadLetter(source="/x", event_id="1", type=CaseRouted.type, case_id=unknown.id)
    )
    conn.commit()

    done = lotse(redrive, "--all")

    assert done.exit_code == 0, done.output
    assert [line.partition(": ")[2] for line in done.output.splitlines()] == [
        "redriven, its last event is sent again",
        "nothing to do, the case is routed already",
        "nothing to do, it belongs to no case",
        "nothing to do, its case is not known, or has been deleted",
    ]
    assert is_due(conn, still)
    assert kept(conn, letters[1]).state is DeadLetterState.CLOSED
    assert lotse(dead_letters).output == "no open dead letters\n"
    assert len(lotse(dead_letters, "--all").output.splitlines()) == 4


def test_a_dry_run_only_tells(conn: Connection) -> None:
    case = a_stalled_case(conn)
    letter = a_dead_letter_of(conn, case)

    for arguments in (["--all"], [f"D{letter.id}"], [case.number]):
        assert "would be redriven" in lotse(redrive, *arguments, "--dry-run").output

    assert waking(conn, case) == (None, 40)
    assert kept(conn, letter).state is DeadLetterState.OPEN


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["D4711"], "there is no dead letter D4711"),
        (["00000000-0000-0000-0000-000000000000"], "there is no case"),
        (["100-0001"], "check digit"),
        ([], "name a case or a dead letter"),
        (["--all", "D1"], "name a case or a dead letter"),
    ],
)
def test_what_is_not_there_is_said_in_clear_words(arguments: list[str], said: str) -> None:
    done = lotse(redrive, *arguments)

    assert done.exit_code != 0
    assert said in done.output


def test_lists_name_the_case_and_what_happened(conn: Connection) -> None:
    case = a_stalled_case(conn)
    letter = a_dead_letter_of(conn, case)
    a_dead_letter_of(conn, case)

    (line,) = lotse(dead_letters).output.splitlines()
    assert line.startswith(f"D{letter.id}")
    assert case.number in line
    assert "2 times since" in line
    assert "answered 500 by http://route/, open" in line
    (task,) = lotse(tasks).output.splitlines()
    assert f"{case.number}" in task
    assert "case_stalled: still received after it was woken 40 times" in task
