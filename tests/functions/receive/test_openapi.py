"""What form vendors read of the intake is true: the document is valid, and answers keep to it."""

import json
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from functions.receive.openapi import openapi
from functions.receive.platforms import PLATFORMS
from infra.local.ports import HOST
from tests.functions.receive.bodies import a_body, a_form, a_part, form_part
from tests.functions.receive.intake import Intake


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(json.dumps(openapi()))


def keeps_to(document: Any, path: str, method: str, status: int, answer: Any) -> None:
    (content,) = document["paths"][path][method]["responses"][str(status)]["content"].values()
    schema = {**content["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer)


def test_the_document_is_openapi(document: Any) -> None:
    validate(document)


def test_every_platform_is_told_of(document: Any) -> None:
    for platform in PLATFORMS:
        assert f"{platform.path}/transactions/{{id}}" in document["paths"]
        assert (platform.path in document["paths"]) == (platform.dialect is not None)


def test_the_running_intake_answers_as_it_is_told(intake: Intake, document: Any) -> None:
    def ask(path: str) -> Any:
        answer = intake.http.request("GET", f"http://{HOST}:{intake.port}{path}")
        assert answer.status == 200
        return json.loads(answer.data)

    assert ask("/openapi.json") == document
    keeps_to(document, "/limits", "get", 200, ask("/limits"))
    parts = [form_part(a_form(transactionId="4711")), a_part("attachment", b"x", "a.txt")]
    for status, body in ((200, a_body(*parts)), (422, a_body(form_part(b"{}"))), (400, b"")):
        answered, answer = intake.post(body)
        assert answered == status
        keeps_to(document, "/antrag", "post", status, answer)
    for id_ in ("4711", "none"):
        told = ask(f"/antrag/transactions/{id_}")
        keeps_to(document, "/antrag/transactions/{id}", "get", 200, told)


def test_an_answer_that_does_not_keep_to_it_would_show(document: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        keeps_to(document, "/antrag", "post", 200, {"transactionId": 4711})
