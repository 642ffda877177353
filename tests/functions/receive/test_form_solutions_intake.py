"""What Form-Solutions pushes, through the running intake."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake, running_intake
from tests.functions.receive.test_form_solutions import JSON, XML

PROOF = {"Authorization": "Basic " + base64.b64encode(b"forms:geheim").decode()}
SENDER = {
    "id": "forms",
    "platform": "form_solutions",
    "authentication": {"kind": "basic", "username": "forms", "passwords": ["env:FORMS_PASSWORD"]},
    "form_solutions": {"forms": [{"id": "AS_940000", "unit": "197008"}]},
}


@pytest.fixture
def intake(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    password = {"FORMS_PASSWORD": "geheim"}
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, (SENDER,), password
    ) as running:
        yield running


def ask(
    intake: Intake, method: str, path: str = "", body: bytes = b"", content_type: str = ""
) -> tuple[int, dict[str, Any]]:
    url = f"http://{HOST}:{intake.port}/form-solutions{path}"
    headers = {**PROOF, "Content-Type": content_type}
    answer = intake.http.request(method, url, body=body, headers=headers)
    return answer.status, json.loads(answer.data)


@pytest.mark.parametrize(("body", "type_"), [(XML, "application/xml"), (JSON, "application/json")])
def test_a_data_set_becomes_a_case_and_gets_a_receipt(
    body: bytes, type_: str, intake: Intake
) -> None:
    status, receipt = ask(intake, "POST", "", body, type_)

    assert status == 200
    assert receipt["parts"] == [
        {
            "kind": "original",
            "name": "original",
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    ]
    assert intake.rows("SELECT form_id, named_unit FROM cases") == [("AS_940000", "197008")]
    assert ask(intake, "POST", "/forms", body, type_) == (200, receipt)
    assert intake.count("cases") == intake.count("events") == 1


def test_files_come_along_and_are_looked_up_again(intake: Intake) -> None:
    body = a_body(
        a_part("pdf", b"%PDF-1.7", "Antrag.pdf", "application/pdf"),
        a_part("data", XML, content_type="application/xml"),
        a_part("foto", b"jpg", "Hund.jpg", "image/jpeg"),
    )

    status, receipt = ask(intake, "POST", "", body, CONTENT_TYPE)

    assert status == 200
    assert [part["kind"] for part in receipt["parts"]] == [
        "original",
        "representation",
        "attachment",
    ]
    found = ask(intake, "GET", "/transactions/AS_940000-Muster01")[1]
    assert (found["state"], found["receipt"]) == ("stored", receipt)


def test_other_content_under_a_known_id_is_refused(intake: Intake) -> None:
    ask(intake, "POST", "", XML, "text/xml")

    status, _ = ask(intake, "POST", "", XML.replace(b"Bello", b"Waldi"), "text/xml")

    assert status == 409
    assert intake.rows("SELECT transaction_id, code FROM refusals") == [
        ("AS_940000-Muster01", "transaction-id-reused")
    ]


def test_a_refusal_names_the_place_and_leaves_nothing(intake: Intake) -> None:
    body = a_body(a_part("foto", b"jpg", "Hund.jpg"), a_part("data", b'{"transId": "1"}'))

    status, problem = ask(intake, "POST", "", body, CONTENT_TYPE)

    assert (status, problem["place"]) == (422, "fields")
    assert intake.left_behind() == NOTHING
