"""What an operator is told of the senders that are polled."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner

from infra.commands.polls import polls
from infra.commands.status import status
from shared.adapters.postgres.polls import PostgresPolls
from shared.domain.polling import Polled, PolledState


@pytest.fixture(autouse=True)
def operated(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def poll(conn: psycopg.Connection, sender: str, error: str | None) -> None:
    conn.execute("INSERT INTO senders VALUES (%s, '{}')", [sender])
    table = PostgresPolls(conn)
    lease = table.claim(sender, uuid4(), timedelta(minutes=1))
    assert lease is not None
    if error is None:
        table.succeed(lease, timedelta(minutes=1), {}, None)
    else:
        table.fail(lease, timedelta(minutes=1), error)
    conn.commit()


def test_without_polls_it_says_so() -> None:
    assert CliRunner().invoke(polls).output == "no sender has been polled yet\n"


def test_it_lists_what_goes_well_and_what_does_not(conn: psycopg.Connection) -> None:
    poll(conn, "forms", None)
    poll(conn, "traffic", "unauthorized")
    failed = Polled(
        transaction_id="AS_1-a",
        entry_sha256=b"",
        state=PolledState.FAILED,
        attempts=1,
        is_due=False,
    )
    PostgresPolls(conn).note("forms", failed, due_in=timedelta(), code="malformed-xml")
    conn.commit()

    forms, traffic = CliRunner().invoke(polls).output.splitlines()

    assert forms.startswith("forms  last success 2")
    assert forms.endswith(", 1 not fetched")
    assert traffic.startswith("traffic  never succeeded, due ")
    assert traffic.endswith(", unauthorized (1 failure)")


def test_the_status_names_only_those_that_do_not_go_well(conn: psycopg.Connection) -> None:
    poll(conn, "forms", None)
    poll(conn, "traffic", "unauthorized")

    lines = [
        line for line in CliRunner().invoke(status).output.splitlines() if line.startswith("Polls")
    ]

    assert ["traffic" in line for line in lines] == [True]
