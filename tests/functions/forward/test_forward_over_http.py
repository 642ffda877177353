"""forward as it is deployed: a functions-framework process with its own role, PostgreSQL and S3."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.object_store import ObjectStoreSettings
from shared.domain.case import Stage
from shared.domain.events import CaseForwarded
from shared.domain.forwarding import ForwardingState
from shared.runtime.cloud_events import parse, read
from tests.functions.forward.office import Office, manifest_of, tree
from tests.functions.forward.receiver import SECRET, Receiver
from tests.functions.process import FunctionProcess, a_function
from tests.roles import as_role


@pytest.fixture
def function(
    database_url: str, object_store_settings: ObjectStoreSettings, root: Path, tmp_path: Path
) -> Iterator[FunctionProcess]:
    store = object_store_settings
    with a_function(
        "functions/forward/main.py",
        tmp_path,
        DATABASE_URL=as_role(database_url, "lotse_forward"),
        S3_ENDPOINT_URL=store.s3_endpoint_url or "",
        S3_BUCKET=store.s3_bucket,
        AWS_ACCESS_KEY_ID=store.aws_access_key_id,
        AWS_SECRET_ACCESS_KEY=store.aws_secret_access_key,
        DESTINATIONS_ROOT=str(root),
        WEBHOOK_SECRET=SECRET,
    ) as running:
        yield running


def test_an_assigned_case_reaches_all_destinations_and_the_answer_is_repeated(
    function: FunctionProcess, office: Office, receiver: Receiver, root: Path
) -> None:
    office.declare("ablage", {"kind": "folder", "path": "ablage"})
    office.declare("archiv", {"kind": "s3", "bucket": office.bucket, "prefix": "archiv"})
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()

    first = function.post(event)
    second = function.post(event)

    assert first.status == second.status == 200
    reply = read(parse(first.headers.items(), first.data), CaseForwarded)
    assert isinstance(reply, CaseForwarded)
    assert reply.destinations == ("ablage", "archiv", "fachverfahren")
    assert second.data == first.data
    assert second.headers["ce-id"] == first.headers["ce-id"]
    assert office.case(event.case_id).stage is Stage.FORWARDED
    assert manifest_of(tree(root))["case"]["id"] == str(event.case_id)
    assert any(key.endswith("/manifest.json") for key in office.objects.keys("archiv/"))
    assert len(receiver.held) == 1


def test_a_destination_that_is_down_is_no_error_of_the_event(
    function: FunctionProcess, office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    event = office.assigned()
    receiver.script = ["503"]

    answer = function.post(event)

    assert answer.status == 200
    assert "ce-id" not in answer.headers
    assert office.the_forwarding(event.case_id).state is ForwardingState.PLANNED
    office.lapse()
    assert "ce-id" in function.post(event).headers


def test_nothing_of_the_applicant_is_logged(
    function: FunctionProcess, office: Office, receiver: Receiver
) -> None:
    office.declare("fachverfahren", office.webhook(receiver.url))
    office.declare("ablage", {"kind": "folder", "path": "ablage"})
    receiver.script = ["500"]

    function.post(office.assigned(files={"Muster-Geheim.pdf": b"x"}))

    assert "forwarding_attempted" in function.log()
    for secret in ("Muster", "Ágnes", "Geheim", SECRET):
        assert secret not in function.log()
