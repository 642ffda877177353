"""Receipts over HTTP: the door in `receive`, what `forward` makes of them, and who may send one."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from infra.local.s3 import EmbeddedS3
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import ForwardingState
from tests.functions.forward.office import Office
from tests.functions.forward.receiver import SECRET, Receiver
from tests.functions.receive.intake import Intake, running_intake

PATH = "/receipts/foerdetal/fachverfahren"
OTHER = "whsec_" + "QUJD" * 8


@pytest.fixture
def door(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    (tmp_path / "intake").mkdir()
    with running_intake(
        database_url,
        object_store_server,
        bucket,
        tmp_path / "intake",
        settings={"WEBHOOK_SECRET": SECRET, "OTHER_SECRET": OTHER},
    ) as running:
        yield running


@pytest.fixture
def sent(office: Office, receiver: Receiver) -> Event:
    """A case whose destination has answered 202."""
    office.declare("fachverfahren", office.webhook(receiver.url))
    office.declare("ablage", {"kind": "folder", "path": "ablage"}, when="on_closing")
    receiver.script = ["202"]
    event = office.assigned(files={})
    assert office.forward(event) is None
    assert office.the_forwarding(event.case_id).state is ForwardingState.SENT
    return event


def a_receipt(office: Office, event: Event, word: str = "accepted", **data: Any) -> dict[str, Any]:
    message_id = str(office.the_forwarding(event.case_id).message_id)
    return {"type": f"case.{word}.v1", "data": {"message_id": message_id, **data}}


def post(
    door: Intake,
    document: Any,
    path: str = PATH,
    secret: str = SECRET,
    receipt_id: str | None = None,
    at: datetime | None = None,
) -> tuple[int, dict[str, Any]]:
    body = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    at = at or datetime.now(UTC)
    id_ = receipt_id or str(uuid4())
    headers = {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body),
    }
    return door.post_to(path, body.encode(), "application/json", headers)


def test_a_receipt_is_stored_once_wakes_the_case_and_accepts_it(
    office: Office, door: Intake, sent: Event
) -> None:
    receipt = a_receipt(office, sent, id=4711)
    office.conn.execute("UPDATE cases SET next_wake_at = now() + interval '1 h'")

    assert post(door, receipt, receipt_id="r-1") == (200, {"state": "stored"})
    assert post(door, receipt, receipt_id="r-1")[0] == 200

    assert door.count("forwarding_receipts") == 1
    assert office.wakes_at(sent.case_id) <= datetime.now(UTC)
    assert isinstance(office.forward(sent), CaseForwarded)
    assert office.the_forwarding(sent.case_id).external_id == "4711"
    log = door.log.read_text()
    assert "4711" not in log


def test_a_rejection_is_kept_with_its_reason_for_people(
    office: Office, door: Intake, sent: Event
) -> None:
    receipt = a_receipt(office, sent, "rejected", reason="Flurstück\u0007 unbekannt")

    assert post(door, receipt)[0] == 200

    assert office.forward(sent) is None
    forwarding = office.the_forwarding(sent.case_id)
    assert (forwarding.state, forwarding.reason) == (
        ForwardingState.REJECTED,
        "Flurstück unbekannt",
    )
    assert "Flurstück" not in door.log.read_text()


def test_only_the_destination_itself_can_send_one(
    office: Office, door: Intake, sent: Event
) -> None:
    receipt = a_receipt(office, sent)
    refused = [
        post(door, receipt, secret=OTHER),
        post(door, receipt, at=datetime.now(UTC) - timedelta(minutes=10)),
        post(door, receipt, path="/receipts/foerdetal/nirgends"),
        post(door, receipt, path="/receipts/anderswo/fachverfahren"),
        post(door, receipt, path="/receipts/foerdetal/ablage"),
        door.post_to(PATH, json.dumps(receipt).encode(), "application/json"),
    ]

    assert {status for status, _ in refused} == {401}
    assert len({json.dumps(answer) for _, answer in refused}) == 1, "nothing is told apart"
    office.declare("anderes", office.webhook("http://127.0.0.1:9/"), when="on_request")
    status, answer = post(door, receipt, path="/receipts/foerdetal/anderes")
    assert (status, answer["type"]) == (404, "/problems/unknown-message")
    assert door.count("forwarding_receipts") == 0


def test_a_secret_of_its_own_may_be_declared_for_receipts(
    office: Office, door: Intake, sent: Event, receiver: Receiver
) -> None:
    settings = office.webhook(receiver.url, receipt_secret="env:OTHER_SECRET")
    office.declare("fachverfahren", settings)

    assert post(door, a_receipt(office, sent))[0] == 401
    assert post(door, a_receipt(office, sent), secret=OTHER)[0] == 200


def test_what_is_no_receipt_is_told_what_to_mend(office: Office, door: Intake, sent: Event) -> None:
    good = a_receipt(office, sent)
    wrong: list[tuple[Any, int, str]] = [
        ("{", 400, "body"),
        ("[" * 30_000, 400, "body"),
        ({**good, "type": "case.lost.v1"}, 422, "type"),
        ({**good, "data": {}}, 422, "data.message_id"),
        ({**good, "data": {**good["data"], "reason": "x" * 501}}, 422, "data.reason"),
        ({**good, "data": {**good["data"], "id": True}}, 422, "data.id"),
    ]

    for document, status, place in wrong:
        answered, problem = post(door, document)
        assert (answered, problem.get("place")) == (status, place), problem
        assert problem["retryable"] is False
    assert post(door, "x" * 70_000)[0] == 413
    assert post(door, good, receipt_id="x" * 201)[0] == 422
    assert post(door, good, path="/receipts/foerdetal")[0] == 404
    answer = door.http.request("GET", f"http://127.0.0.1:{door.port}{PATH}")
    assert answer.status == 405
    assert door.count("forwarding_receipts") == 0
