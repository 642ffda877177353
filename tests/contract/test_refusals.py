"""What is kept of a refused delivery, and how the operator reads it."""

from hashlib import sha256

import psycopg
import pytest
from click.testing import CliRunner

from infra.commands.refusals import refusals
from shared.adapters.postgres.refusals import PostgresRefusals
from shared.domain.identifiers import SenderId
from shared.domain.refusal import Refusal

AFM = SenderId("afm")


def a_refusal(code: str = "malformed-json", **members: object) -> Refusal:
    return Refusal.model_validate(
        {
            "sender": AFM,
            "transaction_id": "4711",
            "status": 400,
            "code": code,
            "size": 1234,
            "sha256": sha256(b"x").digest(),
            **members,
        }
    )


def test_the_last_refusal_of_a_transaction_counts(conn: psycopg.Connection) -> None:
    store = PostgresRefusals(conn)
    for code in ("first", "second"):
        store.add(a_refusal(code))
    store.add(a_refusal("of-another", sender=SenderId("other")))

    last = store.last(AFM, "4711")

    assert last is not None
    assert last.at is not None
    assert last.model_copy(update={"at": None}) == a_refusal("second")
    assert store.last(AFM, "4712") is None


def test_a_size_that_no_column_holds_is_left_out(conn: psycopg.Connection) -> None:
    PostgresRefusals(conn).add(a_refusal(size=2**63))

    (found,) = PostgresRefusals(conn).latest(1)
    assert found.size is None


def test_the_operator_reads_sender_reason_size_and_hash(
    conn: psycopg.Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert CliRunner().invoke(refusals).output == "no refusals\n"
    store = PostgresRefusals(conn)
    store.add(a_refusal("too-large", status=413, size=9_000_000, sha256=None))
    store.add(a_refusal(sender=None, transaction_id=None))
    conn.commit()

    told = CliRunner().invoke(refusals).output.splitlines()

    assert [line[21:] for line in told if not line.startswith(" ")] == [
        "nobody known: 400 malformed-json",
        "afm: 413 too-large",
    ]
    assert f"  1,234 bytes, sha256 {sha256(b'x').hexdigest()}" in told
    assert told[-2:] == ["  transaction 4711", "  9,000,000 bytes"]
    assert len(CliRunner().invoke(refusals, ["--sender", "afm"]).output.splitlines()) == 3
