"""The record of a case in Postgres: chained, append-only, and kept when a case is deleted."""

import hashlib
import json
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import errors

from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.case import Case, LogEntry
from shared.domain.errors import AlreadyStored
from shared.domain.identifiers import SenderId
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, stored

Connection = psycopg.Connection[Any]


def advanced(conn: Connection) -> Case:
    """A case with three entries on its record."""
    cases = PostgresCases(conn, timedelta(minutes=1))
    case = stored(cases, a_case())
    cases.save(case.routed_to(TRADE_OFFICE, TENANT), entry=an_entry("case.routed"))
    cases.save(cases.get(case.id).forwarded(), entry=an_entry("case.forwarded"))
    return case


def verifies(conn: Connection, case: Case) -> bool:
    """Computed here from what is stored, as somebody who was handed the record would."""
    rows = conn.execute(
        """
        SELECT seq, extract(epoch FROM at)::text, entry, hash
          FROM case_log
         WHERE case_id = %(id)s
         ORDER BY seq
        """,
        {"id": case.id},
    ).fetchall()
    head = case.id.bytes
    for expected, (seq, at, entry, hash_) in enumerate(rows, 1):
        head = hashlib.sha256(head + struct.pack(">i", seq) + at.encode() + entry).digest()
        if seq != expected or head != hash_:
            return False
    return True


def test_every_change_is_on_the_record_in_order(conn: Connection) -> None:
    case = advanced(conn)

    rows = conn.execute(
        "SELECT entry FROM case_log WHERE case_id = %s ORDER BY seq", [case.id]
    ).fetchall()

    actions = [LogEntry.model_validate_json(entry).action for (entry,) in rows]
    assert actions == ["case.received", "case.routed", "case.forwarded"]


def test_the_chain_of_a_record_verifies(conn: Connection) -> None:
    assert verifies(conn, advanced(conn))


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE case_log SET entry = entry || ' '::bytea WHERE case_id = %s AND seq = 2",
        "UPDATE case_log SET at = at + interval '1 second' WHERE case_id = %s AND seq = 2",
        "DELETE FROM case_log WHERE case_id = %s AND seq = 2",
    ],
)
def test_a_record_that_was_tampered_with_does_not_verify(conn: Connection, tampering: str) -> None:
    case = advanced(conn)

    conn.execute(tampering.encode(), [case.id])

    assert not verifies(conn, case)


@pytest.mark.parametrize("function", ["receive", "route", "assign", "forward", "recover"])
@pytest.mark.parametrize(
    "statement", ["UPDATE case_log SET seq = 1", "DELETE FROM case_log", "TRUNCATE case_log"]
)
def test_no_function_may_change_the_record(conn: Connection, function: str, statement: str) -> None:
    conn.execute(f"SET LOCAL ROLE lotse_{function}".encode())

    with pytest.raises(errors.InsufficientPrivilege):
        conn.execute(statement.encode())


def test_a_deleted_case_does_not_come_back_with_a_late_retry(conn: Connection) -> None:
    case = a_case()
    conn.execute(
        """
        INSERT INTO tombstones (case_id, sender, transaction_id, sequence_number, received_at)
        VALUES (%(id)s, %(sender)s, %(transaction_id)s, 100000, now())
        """,
        {"id": case.id, "sender": case.sender, "transaction_id": case.transaction_id},
    )

    with pytest.raises(AlreadyStored):
        stored(PostgresCases(conn, timedelta(minutes=1)), case)

    assert conn.execute("SELECT count(*) FROM cases").fetchone() == (0,)


def test_a_role_that_is_no_part_of_the_pipeline_sees_no_case(conn: Connection) -> None:
    advanced(conn)
    conn.execute("CREATE ROLE a_stranger")
    conn.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO a_stranger")

    conn.execute("SET LOCAL ROLE a_stranger")

    for table in ("cases", "submissions", "events", "case_log", "routings"):
        count = conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert count == (0,), table


def test_the_same_transaction_id_of_another_sender_is_another_case(conn: Connection) -> None:
    cases = PostgresCases(conn, timedelta(minutes=1))
    first = stored(cases, a_case(transaction_id="T-1"))

    other = first.model_copy(
        update={"id": a_case().id, "sender": SenderId("another"), "event_sequence": 0}
    )

    assert stored(cases, other).number != first.number


def test_who_waited_for_the_row_chains_to_what_was_written_meanwhile(
    database_url: str, conn: Connection
) -> None:
    case = stored(PostgresCases(conn, timedelta(minutes=1)), a_case())
    conn.commit()

    def save() -> None:
        with psycopg.connect(database_url) as other:
            PostgresCases(other, timedelta(minutes=1)).save(
                case.routed_to(TRADE_OFFICE, TENANT), entry=an_entry("case.routed")
            )

    PostgresCases(conn, timedelta(minutes=1)).lock(case.id)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(save)
        until_somebody_waits(database_url)
        PostgresCaseLog(conn).append(case.id, an_entry("case.files-redelivered"))
        conn.commit()
        waiting.result()

    rows = conn.execute(
        "SELECT seq, entry FROM case_log WHERE case_id = %s ORDER BY seq", [case.id]
    ).fetchall()
    actions = [json.loads(bytes(entry))["action"] for _, entry in rows]
    assert actions == ["case.received", "case.files-redelivered", "case.routed"]
    assert [seq for seq, _ in rows] == [1, 2, 3]


def until_somebody_waits(database_url: str) -> None:
    end = time.monotonic() + 30
    with psycopg.connect(database_url, autocommit=True) as watcher:
        while not watcher.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        ).fetchone():
            assert time.monotonic() < end, "nobody waits"
            time.sleep(0.02)
