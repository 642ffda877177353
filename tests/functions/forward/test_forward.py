"""The decision with a real PostgreSQL and S3: what is due where, once, and what happens then."""

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from functions.forward.forwardings import PostgresForwardings as Forwardings
from shared.domain.case import Stage
from shared.domain.errors import UnknownEvent
from shared.domain.events import CaseClosed, CaseForwardingRequested
from shared.domain.forwarding import FILE_DAMAGED, FORWARDING_FAILED, ForwardingState
from shared.domain.identifiers import EventId
from tests.functions.forward.office import ORIGINAL, PDF, Office, manifest_of, tree
from tests.functions.forward.receiver import Receiver

FOLDER = {"kind": "folder", "path": "ablage"}


def test_a_case_without_destinations_is_forwarded_at_once(office: Office) -> None:
    event = office.assigned()

    reply = office.forward(event)

    assert reply is not None
    assert reply.destinations == ()
    assert office.case(event.case_id).stage is Stage.FORWARDED
    assert office.wakes_at(event.case_id) is None


def test_a_folder_holds_the_original_the_fields_the_files_and_a_manifest_of_all(
    office: Office, root: Path
) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned(files={"Lageplan Straße.pdf": PDF, "b": b""})

    reply = office.forward(event)

    assert reply is not None
    assert reply.destinations == ("ablage",)
    case, forwarding = office.case(event.case_id), office.the_forwarding(event.case_id)
    folder = root / "ablage/foerdetal-gewerbe" / f"{case.number}_{forwarding.message_id}"
    files = tree(folder)
    assert set(files) == {
        "original",
        "fields.json",
        "manifest.json",
        "files/1_Lageplan Straße.pdf",
        "files/2_b",
    }
    assert files["original"] == ORIGINAL
    assert files["files/1_Lageplan Straße.pdf"] == PDF
    assert json.loads(files["fields.json"])[0]["items"][1]["value"] == "1E400"
    manifest = json.loads(files["manifest.json"])
    assert {f["path"]: f["sha256"] for f in manifest["files"]} == {
        path: sha256(data).hexdigest() for path, data in files.items() if path != "manifest.json"
    }
    assert manifest["case"]["number"] == case.number
    assert manifest["message_id"] == str(forwarding.message_id)
    assert forwarding.state is ForwardingState.ACCEPTED
    assert len(tree(root)) == len(files)  # nothing temporary is left


def test_a_redelivery_gets_the_first_answer_and_sends_nothing(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()

    first = office.forward(event)
    office.declare("spaeter", FOLDER)
    second = office.forward(event)

    assert first == second is not None
    assert len(receiver.requests) == 1


def test_an_event_of_an_older_round_says_nothing(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    office.re_route(event.case_id)

    assert office.forward(event) is None
    assert receiver.requests == []


def test_an_event_that_the_case_never_had_is_refused(office: Office) -> None:
    event = office.assigned()

    with pytest.raises(UnknownEvent):
        office.forward(event.model_copy(update={"id": EventId(uuid4())}))


def test_a_transient_failure_is_due_again_and_then_gets_the_same_bytes(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = ["503"]

    assert office.forward(event) is None
    assert office.case(event.case_id).stage is Stage.ASSIGNED
    forwarding = office.the_forwarding(event.case_id)
    assert forwarding.state is ForwardingState.PLANNED
    assert office.wakes_at(event.case_id) == forwarding.due_at
    assert office.tasks() == []

    office.lapse()
    assert office.forward(event) is not None
    assert office.outcomes(event.case_id) == [("failed", "http_503"), ("accepted", None)]
    (first, second) = receiver.requests
    assert first == second
    assert office.the_forwarding(event.case_id).external_id == f"FV-{first[0][:8]}"


def test_what_is_not_due_yet_is_left_alone(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url), retry={})
    event = office.assigned()
    receiver.script = ["503"]

    assert office.forward(event) is None
    assert office.forward(event) is None

    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", ["400", "401", "410", "413", "422", "302"])
def test_a_refusal_becomes_a_task_and_the_case_waits_for_a_person(
    office: Office, receiver: Receiver, status: str
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = [status]

    assert office.forward(event) is None

    assert office.the_forwarding(event.case_id).state is ForwardingState.REJECTED
    (task,) = office.tasks()
    assert (task.kind, task.case_id) == (FORWARDING_FAILED, event.case_id)
    assert task.reason == f"fachverfahren rejected: http_{status}"
    assert office.wakes_at(event.case_id) is None
    assert office.forward(event) is None
    assert len(receiver.requests) == 1


def test_after_the_window_it_is_given_up_and_a_person_is_told(
    office: Office, receiver: Receiver
) -> None:
    retry = {"first_delay_seconds": 0.001, "give_up_after_seconds": 3600}
    office.declare("fachverfahren", office.webhook(receiver.url), retry=retry)
    event = office.assigned()
    receiver.script = ["500", "500"]
    assert office.forward(event) is None
    office.conn.execute("UPDATE forwardings SET window_from = now() - interval '2 h'")
    office.lapse()

    assert office.forward(event) is None

    assert office.the_forwarding(event.case_id).state is ForwardingState.GIVEN_UP
    assert [task.kind for task in office.tasks()] == [FORWARDING_FAILED]
    assert office.wakes_at(event.case_id) is None


def test_what_a_person_tries_again_closes_its_task(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = ["400"]
    office.forward(event)

    assert Forwardings(office.conn).send_again(office.the_forwarding(event.case_id).id)
    reply = office.forward(event)

    assert reply is not None
    assert office.tasks() == []
    assert receiver.requests[0] == receiver.requests[1]


def test_a_case_goes_on_without_what_a_person_waived(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    office.declare("ablage", FOLDER)
    event = office.assigned()
    receiver.script = ["400"]
    assert office.forward(event) is None
    failed = next(f for f in office.forwardings(event.case_id) if f.destination != "ablage")

    assert Forwardings(office.conn).waive(failed.id, "operator-1")
    reply = office.forward(event)

    assert reply is not None
    assert reply.destinations == ("ablage",)
    assert not Forwardings(office.conn).waive(failed.id, "operator-1")


def test_a_failing_destination_does_not_hold_back_the_others(
    office: Office, receiver: Receiver, root: Path
) -> None:
    office.declare("a-tot", office.webhook("http://127.0.0.1:9/"))
    office.declare("b-kaputt", {"kind": "s3", "bucket": "no-such-bucket", "prefix": "x"})
    office.declare("c-ablage", FOLDER)
    office.declare("d-langsam", office.webhook(receiver.url, timeout_seconds=0.3))
    receiver.script = ["slow"]
    event = office.assigned()

    assert office.forward(event) is None

    states = {str(f.destination): f.state for f in office.forwardings(event.case_id)}
    assert states.pop("c-ablage") is ForwardingState.ACCEPTED
    assert set(states.values()) == {ForwardingState.PLANNED}
    assert manifest_of(tree(root))["case"]["id"] == str(event.case_id)


def test_only_destinations_that_take_the_case_get_it(office: Office, root: Path) -> None:
    office.declare("andere", {"kind": "folder", "path": "a"}, authorities=["foerdetal-bau"])
    office.declare("leistung", {"kind": "folder", "path": "b"}, leika_keys=["99050012"])
    office.declare("formular", {"kind": "folder", "path": "c"}, forms=["Bauantrag"])
    office.declare("abschluss", {"kind": "folder", "path": "d"}, when="on_closing")
    event = office.assigned()

    reply = office.forward(event)

    assert reply is not None
    assert reply.destinations == ("leistung",)
    assert [path.name for path in root.iterdir()] == ["b"]


def test_a_test_case_reaches_only_what_takes_test_cases(office: Office, root: Path) -> None:
    office.declare("echt", {"kind": "folder", "path": "echt"})
    office.declare("probe", {"kind": "folder", "path": "probe"}, accepts_test_cases=True)
    event = office.assigned(is_test=True)

    office.forward(event)

    assert [path.name for path in root.iterdir()] == ["probe"]


def test_closing_sends_what_is_due_on_closing_and_is_answered_on_its_own(
    office: Office, root: Path
) -> None:
    office.declare("ablage", FOLDER)
    office.declare("archiv", {"kind": "folder", "path": "archiv"}, when="on_closing")
    assigned = office.assigned()
    first = office.forward(assigned)
    closed = office.announce(assigned.case_id, CaseClosed)

    second = office.forward(closed)

    assert first is not None
    assert second is not None
    assert second.sequence == closed.sequence + 1
    assert office.forward(assigned) == first
    assert office.forward(closed) == second
    assert sorted(path.name for path in root.iterdir()) == ["ablage", "archiv"]


def test_what_happens_while_something_is_open_is_answered_together(
    office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    office.declare("archiv", {"kind": "folder", "path": "archiv"}, when="on_closing")
    assigned = office.assigned()
    receiver.script = ["503"]
    assert office.forward(assigned) is None
    closed = office.announce(assigned.case_id, CaseClosed)
    office.lapse()

    reply = office.forward(assigned)

    assert reply is not None
    assert reply.destinations == ("archiv", "fachverfahren")
    assert office.forward(closed) == reply


def test_a_destination_a_person_asks_for_is_sent_to_once_per_request(
    office: Office, receiver: Receiver
) -> None:
    office.declare("auf-abruf", office.webhook(receiver.url), when="on_request")
    assigned = office.assigned()
    office.forward(assigned)

    for _ in range(2):
        asked = office.announce(assigned.case_id, CaseForwardingRequested, destination="auf-abruf")
        assert office.forward(asked) is not None
        assert office.forward(asked) is not None

    ids = [message_id for message_id, _ in receiver.requests]
    assert len(ids) == len(set(ids)) == 2


def test_a_request_for_a_destination_that_is_not_declared_becomes_a_task(office: Office) -> None:
    assigned = office.assigned()
    office.forward(assigned)
    asked = office.announce(assigned.case_id, CaseForwardingRequested, destination="weg")

    assert office.forward(asked) is None

    assert [task.reason for task in office.tasks()] == ["weg rejected: not_declared"]


def test_a_file_that_is_not_what_was_received_is_not_sent_and_a_person_is_told(
    office: Office, root: Path
) -> None:
    office.declare("ablage", FOLDER)
    event = office.assigned()
    key = f"uploads/{event.case_id}/1"
    office.objects.client.put_object(Bucket=office.bucket, Key=key, Body=b"%PDF-1.7\nchanged")

    assert office.forward(event) is None

    assert [task.kind for task in office.tasks()] == [FILE_DAMAGED]
    assert office.the_forwarding(event.case_id).state is ForwardingState.PLANNED
    assert tree(root) == {}

    office.objects.client.put_object(Bucket=office.bucket, Key=key, Body=PDF)
    office.lapse()
    assert office.forward(event) is not None
    assert office.tasks() == []


def test_a_frozen_message_that_was_changed_is_not_sent(office: Office, receiver: Receiver) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = ["503"]
    office.forward(event)
    key = office.the_forwarding(event.case_id).message_key
    office.objects.client.put_object(Bucket=office.bucket, Key=key, Body=b"{}")
    office.lapse()

    assert office.forward(event) is None

    assert office.outcomes(event.case_id)[-1] == ("failed", "message_differs")
    assert len(receiver.requests) == 1
    assert [task.kind for task in office.tasks()] == [FILE_DAMAGED]


def test_a_bug_in_a_kind_is_a_failed_attempt(office: Office) -> None:
    office.declare("fachverfahren", office.webhook("http://127.0.0.1:9/"))
    del office.secrets["env:WEBHOOK_SECRET"]
    event = office.assigned()

    assert office.forward(event) is None

    assert office.outcomes(event.case_id) == [("failed", "KeyError")]


def test_the_record_of_the_case_tells_what_was_accepted_and_refused(
    office: Office, receiver: Receiver
) -> None:
    office.declare("ablage", FOLDER)
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = ["400"]

    office.forward(event)

    rows = office.conn.execute("SELECT entry FROM case_log WHERE case_id = %s", [event.case_id])
    actions = {json.loads(row[0])["action"] for row in rows}
    assert {"forwarding.accepted", "forwarding.rejected"} <= actions
    assert "case.forwarded" not in actions


def test_the_delay_grows_up_to_the_window_s_end(office: Office, receiver: Receiver) -> None:
    retry = {"first_delay_seconds": 60, "factor": 10, "give_up_after_seconds": 1800}
    office.declare("fachverfahren", office.webhook(receiver.url), retry=retry)
    event = office.assigned()
    receiver.script = ["503"] * 3
    waits = []
    for _ in range(3):
        office.forward(event)
        forwarding = office.the_forwarding(event.case_id)
        waits.append(forwarding.due_at)
        office.lapse()

    assert timedelta(seconds=45) < waits[0] - forwarding.window_from < timedelta(seconds=90)
    assert waits[1] - waits[0] > timedelta(seconds=300)
    assert waits[2] == forwarding.window_from + timedelta(seconds=1800)
