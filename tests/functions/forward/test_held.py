"""A case is not forwarded before its files are scanned, or a person has decided on them."""

import base64
import json
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.forward.attempt import Courier
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.scans import PostgresScans
from shared.domain.case import Stage
from shared.domain.events import Event
from shared.domain.forwarding import ForwardingState
from shared.domain.identifiers import CaseId
from shared.domain.malware import MalwareVerdict
from tests.functions.forward.office import PDF, WAKE_AFTER, Office, manifest_of, tree
from tests.functions.forward.receiver import Receiver

FOLDER = {"kind": "folder", "path": "ablage"}
FILES = {"eins.pdf": PDF, "zwei.pdf": b"two"}


def set_verdict(office: Office, event: Event, position: int, verdict: str) -> None:
    office.conn.execute(
        "UPDATE attachments SET malware_verdict = %s WHERE case_id = %s AND position = %s",
        [verdict, event.case_id, position],
    )


def end_wait(conn: psycopg.Connection[Any], case_id: CaseId) -> None:
    """As whoever decides on the last file does it, within the caller's transaction."""
    cases = PostgresCases(conn, WAKE_AFTER)
    cases.lock(case_id)
    conn.execute("UPDATE attachments SET malware_verdict = 'clean' WHERE case_id = %s", [case_id])
    assert not PostgresScans(conn).holding(case_id)
    cases.wake_held(case_id)


def is_due(office: Office, event: Event) -> bool:
    (row,) = office.conn.execute(
        "SELECT coalesce(next_wake_at <= clock_timestamp(), false) FROM cases WHERE id = %s",
        [event.case_id],
    ).fetchall()
    return bool(row[0])


@pytest.mark.parametrize("verdict", ["pending", "infected", "not_scannable"])
def test_a_case_with_such_a_file_is_held_and_not_woken(
    office: Office, root: Path, verdict: str
) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned(files=FILES)
    set_verdict(office, event, 2, verdict)

    assert office.forward(event) is None

    assert office.case(event.case_id).stage is Stage.ASSIGNED
    assert office.wakes_at(event.case_id) is None
    assert office.forwardings(event.case_id) == []
    assert tree(root) == {}


@pytest.mark.parametrize("verdict", ["not_scanned", "clean", "released", "withheld"])
def test_a_case_without_such_a_file_is_forwarded(office: Office, root: Path, verdict: str) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned(files=FILES)
    set_verdict(office, event, 2, verdict)

    assert office.forward(event) is not None

    sent = {path.rpartition("/")[2] for path in tree(root)}
    assert "1_eins.pdf" in sent
    assert ("2_zwei.pdf" in sent) == (verdict != "withheld")


def test_also_a_case_without_destinations_is_held(office: Office) -> None:
    event = office.assigned(files=FILES)
    set_verdict(office, event, 1, "pending")

    assert office.forward(event) is None

    end_wait(office.conn, event.case_id)
    assert is_due(office, event)
    assert office.forward(event) is not None


def test_a_webhook_is_told_of_a_withheld_file_without_its_content(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url, inline_limit_bytes=len(PDF)))
    event = office.assigned(files={"zu groß.pdf": PDF, "eins.txt": b"one"})
    set_verdict(office, event, 1, "withheld")

    assert office.forward(event) is not None

    (request,) = receiver.requests
    files = {f["kind"] + f["name"]: f for f in json.loads(request[1])["data"]["files"]}
    withheld, sent = files["attachmentzu groß.pdf"], files["attachmenteins.txt"]
    assert withheld["withheld"] is True
    assert not {"path", "content"} & withheld.keys()
    assert base64.b64decode(sent["content"]) == b"one"
    assert sent["path"] == "files/2_eins.txt"
    assert "withheld" not in sent


def test_what_is_detected_of_a_file_is_in_the_manifest(office: Office, root: Path) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned(files={"eins.pdf": PDF})
    office.conn.execute("UPDATE attachments SET detected_media_type = 'application/zip'")

    office.forward(event)

    (file,) = [f for f in manifest_of(tree(root))["files"] if f["kind"] == "attachment"]
    assert (file["media_type"], file["detected_media_type"]) == (
        "application/pdf",
        "application/zip",
    )


def test_a_file_that_comes_while_a_message_is_built_holds_it(office: Office, root: Path) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned(files=FILES)
    courier = office.courier

    def add_a_version(destination: Any) -> Any:
        (file, *_) = PostgresAttachments(office.conn).of_case(event.case_id)
        later = {"version": 2, "malware_verdict": MalwareVerdict.PENDING}
        PostgresAttachments(office.conn).add(event.case_id, [file.model_copy(update=later)])
        return courier.open(destination)

    office.courier = Courier(office.objects, add_a_version)
    assert office.forward(event) is None
    office.courier = courier

    assert office.outcomes(event.case_id) == [("held", None)]
    assert office.the_forwarding(event.case_id).state is ForwardingState.PLANNED
    assert office.wakes_at(event.case_id) is None
    assert tree(root) == {}
    end_wait(office.conn, event.case_id)
    assert is_due(office, event)
    assert office.forward(event) is not None
    assert {f.get("version") for f in manifest_of(tree(root))["files"]} == {None, 1, 2}


def test_a_later_attempt_waits_too_and_the_same_bytes_are_sent_then(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned(files=FILES)
    receiver.script = ["503"]
    assert office.forward(event) is None
    set_verdict(office, event, 1, "pending")
    office.lapse()

    assert office.forward(event) is None
    assert office.wakes_at(event.case_id) is None
    assert len(receiver.requests) == 1

    end_wait(office.conn, event.case_id)
    assert office.forward(event) is not None
    first, second = receiver.requests
    assert first == second


def test_a_forwarded_case_that_was_woken_for_nothing_rests_again(office: Office) -> None:
    event = office.assigned(files=FILES)
    first = office.forward(event)
    end_wait(office.conn, event.case_id)
    assert is_due(office, event)

    assert office.forward(event) == first

    assert office.wakes_at(event.case_id) is None


def test_a_verdict_that_comes_while_forward_looks_is_seen_or_wakes_the_case(
    office: Office, database_url: str
) -> None:
    for _ in range(15):
        event = office.assigned(files=FILES)
        set_verdict(office, event, 1, "pending")

        reply = _forward_beside_a_verdict(office, database_url, event)

        assert reply is not None or is_due(office, event)


def _forward_beside_a_verdict(office: Office, database_url: str, event: Event) -> Any:
    together = threading.Barrier(2)
    replies: list[Any] = []

    def look() -> None:
        together.wait(30)
        replies.append(office.forward(event))

    handler = threading.Thread(target=look)
    handler.start()
    with psycopg.connect(database_url) as conn:
        together.wait(30)
        end_wait(conn, event.case_id)
    handler.join()
    return replies[0]


def test_forward_that_comes_second_sees_the_verdict(office: Office, database_url: str) -> None:
    event = office.assigned(files=FILES)
    set_verdict(office, event, 1, "pending")
    replies: list[Any] = []
    handler = threading.Thread(target=lambda: replies.append(office.forward(event)))
    with psycopg.connect(database_url) as conn:
        end_wait(conn, event.case_id)
        handler.start()
        _wait_for_a_lock(office)
    handler.join()

    assert replies != [None]


def test_a_verdict_that_comes_second_wakes_the_case(office: Office, database_url: str) -> None:
    event = office.assigned(files=FILES)
    set_verdict(office, event, 1, "pending")

    def decide() -> None:
        with psycopg.connect(database_url) as conn:
            end_wait(conn, event.case_id)

    decider = threading.Thread(target=decide)
    with office.transactions() as stores:
        # What forward does in its first transaction when it finds the case held.
        stores.cases.lock(event.case_id)
        assert stores.scans.holding(event.case_id)
        decider.start()
        _wait_for_a_lock(office)
        stores.cases.wake_at(event.case_id, None)
    decider.join()

    assert is_due(office, event)


def _wait_for_a_lock(office: Office) -> None:
    """Until somebody waits for the row that we hold."""
    for _ in range(10_000):
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ((waiting,),) = office.conn.execute(query).fetchall()
        if waiting:
            return
    pytest.fail("nobody came")
