"""`lotse destinations` and `lotse forwardings`, as an operator uses them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.cli import lotse
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import ForwardingState
from tests.functions.forward.office import Office, tree
from tests.functions.forward.scripted import Scripted, accepts, at, fails, refuses, takes
from tests.roles import as_role

FOLDER = {"kind": "folder", "path": "ablage"}


@pytest.fixture
def kind() -> Scripted:
    return Scripted()


@pytest.fixture
def akte(
    office: Office, kind: Scripted, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("DATABASE_URL", as_role(database_url, "lotse_operator"))
    office.conn.execute(
        "INSERT INTO tenants (id, document) VALUES ('foerdetal', '{}') ON CONFLICT DO NOTHING"
    )
    office.declare("akte", FOLDER, owner="IT-Stelle")
    return at(office, kind)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(lotse, arguments)


def said(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(office: Office, kind: Scripted) -> tuple[Event, str]:
    kind.acts = [refuses]
    event = office.assigned(files={})
    office.forward(event)
    return event, office.case(event.case_id).number


def test_what_failed_is_listed_with_its_reason_its_owner_and_its_date(
    akte: Office, kind: Scripted
) -> None:
    _, number = refused(akte, kind)

    line = said("forwardings", "--failed")

    assert line.startswith(number)
    for part in ("foerdetal/akte", "rejected", "does not accept the contents", "IT-Stelle"):
        assert part in line
    assert "das Feld Flurstück fehlt" in line
    (document,) = json.loads(said("forwardings", "--failed", "--json"))
    assert (document["number"], document["code"]) == (number, "http_422")
    assert document["task_due_at"]


def test_nothing_that_failed_is_said(akte: Office) -> None:
    assert said("forwardings", "--failed") == "nothing failed\n"
    assert "nothing is on its way" in said("forwardings")


def test_it_is_sent_again_with_the_same_id_and_its_task_is_closed(
    akte: Office, kind: Scripted
) -> None:
    event, number = refused(akte, kind)

    assert f"{number} to akte: sent again" in said("forwardings", "send-again", number)
    reply = akte.forward(event)

    assert isinstance(reply, CaseForwarded)
    assert kind.sent[0] == kind.sent[1]
    assert akte.tasks() == []
    assert run("forwardings", "send-again", number).exit_code == 1
    assert "by " in said("case", number)


def test_a_dry_run_changes_nothing(akte: Office, kind: Scripted) -> None:
    event, number = refused(akte, kind)

    for arguments in (["send-again", "--all"], ["waive", number, "--reason", "on paper"]):
        assert "would be" in said("forwardings", *arguments, "--dry-run")

    assert akte.the_forwarding(event.case_id).state is ForwardingState.REJECTED
    assert len(akte.tasks()) == 1


def test_all_that_failed_at_a_destination_is_sent_again_at_once(
    akte: Office, kind: Scripted
) -> None:
    akte.declare("archiv", FOLDER, when="on_request")
    events = [refused(akte, kind)[0] for _ in range(3)]

    assert "no messages" in said("forwardings", "send-again", "--all", "--destination", "archiv")
    assert "3 messages sent again" in said("forwardings", "send-again", "--all")

    for event in events:
        assert isinstance(akte.forward(event), CaseForwarded)


@pytest.mark.parametrize("arguments", [[], ["100-0002", "--all"]])
def test_to_send_again_cases_are_named_or_all(akte: Office, arguments: list[str]) -> None:
    result = run("forwardings", "send-again", *arguments)

    assert result.exit_code == 2
    assert "name cases, or say --all" in result.output


def test_a_case_that_is_through_can_be_sent_again_after_a_late_rejection(
    akte: Office, kind: Scripted
) -> None:
    event = akte.assigned(files={})
    first = akte.forward(event)
    akte.conn.execute(
        "INSERT INTO forwarding_receipts (forwarding_id, receipt_id, accepted)"
        " SELECT id, '1', false FROM forwardings WHERE case_id = %s",
        [event.case_id],
    )
    akte.forward(event)
    number = akte.case(event.case_id).number

    said("forwardings", "send-again", number)
    assert akte.forward(event) == first, "a redelivery gets the first answer"

    assert akte.the_forwarding(event.case_id).state is ForwardingState.ACCEPTED
    assert len(kind.sent) == 2
    assert akte.wakes_at(event.case_id) is None


def test_a_case_goes_on_without_what_is_waived_and_the_record_says_why(
    akte: Office, kind: Scripted
) -> None:
    event, number = refused(akte, kind)

    said("forwardings", "waive", number, "--reason", "sent on paper")

    assert isinstance(akte.forward(event), CaseForwarded)
    assert "sent on paper" in said("case", number)
    assert said("forwardings", "--failed") == "nothing failed\n"


def test_somebody_else_can_be_made_to_see_to_it(akte: Office, kind: Scripted) -> None:
    _, number = refused(akte, kind)

    said("forwardings", "entrust", number, "--to", "Poststelle", "--until", "2031-05-04")

    line = said("forwardings", "--failed")
    assert "Poststelle sees to it until 2031-05-04" in line
    assert "Poststelle" in said("tasks")


def test_every_attempt_is_shown_with_its_answer_and_their_id(akte: Office, kind: Scripted) -> None:
    kind.acts = [fails, takes]
    event = akte.assigned(files={})
    akte.forward(event)
    akte.lapse()
    akte.forward(event)
    number = akte.case(event.case_id).number

    shown = said("forwardings", "show", number)

    assert "1. sent" in shown
    assert "it has a failure of its own (HTTP 503)" in shown
    assert "2. sent" in shown
    assert "there X-" in shown
    assert "akte: sent" in shown


def test_a_paused_destination_gets_nothing_and_goes_on_when_it_is_resumed(
    akte: Office, kind: Scripted
) -> None:
    assert "akte is paused" in said("destinations", "pause", "akte", "--reason", "maintenance")
    assert "paused already" in said("destinations", "pause", "akte", "--reason", "again")
    event = akte.assigned(files={})
    akte.forward(event)
    akte.conn.execute("UPDATE forwardings SET window_from = now() - interval '9 d'")
    assert "paused for less than a minute" in said("destinations", "list")
    assert "maintenance" in said("destinations", "list")
    assert "paused: foerdetal/akte" in said("status")
    assert "waits for the pause" in said("forwardings")

    assert "goes on; 1 case waited" in said("destinations", "resume", "foerdetal/akte")

    assert isinstance(akte.forward(event), CaseForwarded)
    assert len(kind.sent) == 1
    assert "was not paused" in said("destinations", "resume", "akte")


def test_a_failing_destination_is_listed_with_what_is_wrong(akte: Office, kind: Scripted) -> None:
    akte.declare("akte", FOLDER, breaker={"failures": 1, "first_pause_seconds": 3600})
    kind.always = fails
    akte.forward(akte.assigned(files={}))

    listed = said("destinations", "list")

    assert "1 case on the way" in listed
    assert "1 failure in a row: left alone until" in listed
    assert "it has a failure of its own (HTTP 503)" in listed
    assert "failing: foerdetal/akte" in said("status")
    (document,) = json.loads(said("destinations", "list", "--json"))
    assert document["waiting"] == 1


def test_what_is_open_for_a_destination_that_nobody_declares_is_listed(
    akte: Office, kind: Scripted
) -> None:
    kind.always = fails
    akte.forward(akte.assigned(files={}))
    akte.conn.execute("DELETE FROM destinations")

    assert "foerdetal/akte: no tenant declares it any more" in said("destinations", "list")


@pytest.mark.parametrize("name", ["nirgends", "anderswo/akte"])
def test_a_destination_that_is_not_there_is_named_with_those_that_are(
    akte: Office, name: str
) -> None:
    result = run("destinations", "pause", name, "--reason", "why")

    assert result.exit_code == 1
    assert "foerdetal/akte" in result.output


def test_testing_a_folder_says_what_works_and_leaves_nothing(
    akte: Office, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESTINATIONS_ROOT", str(root))

    assert "foerdetal/akte (folder)" in said("destinations", "test", "akte")

    assert tree(root) == {}


def test_what_is_forwarded_is_on_nobodys_list(akte: Office, kind: Scripted) -> None:
    kind.acts = [accepts]
    akte.forward(akte.assigned(files={}))

    assert "nothing is on its way" in said("forwardings")


def test_a_case_is_sent_to_a_destination_on_request_as_a_new_message(
    akte: Office, kind: Scripted
) -> None:
    event = akte.assigned(files={})
    akte.forward(event)
    number = akte.case(event.case_id).number

    assert f"{number}: will be sent to foerdetal/akte" in said(
        "forwardings", "request", number, "akte"
    )
    with akte.transactions() as stores:
        requested = stores.cases.last_event(event.case_id)
    akte.forward(requested)

    assert len(set(kind.sent)) == 2
    assert "requested" in said("case", number)
    assert run("forwardings", "request", number, "nirgends").exit_code == 1
