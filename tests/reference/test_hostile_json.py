"""JSONTestSuite against the running intake: as the form data, and as a value inside of it."""

import json
from pathlib import Path
from uuid import uuid4

import psycopg

from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.exact_json import read_json
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.bodies import form_part
from tests.functions.receive.intake import NOTHING, Intake

MEBIBYTE = 1024 * 1024


def _files(reference_data: Path) -> list[Path]:
    files = sorted((reference_data / "hostile/json").glob("*/*.json"))
    assert len(files) > 150
    return files


def _within(value: bytes, transaction_id: str) -> bytes:
    control = json.dumps({"transactionId": transaction_id}).encode()
    return b'{"control": %b, "formData": [{"name": "n", "label": "l", "value": %b}]}' % (
        control,
        value,
    )


def test_what_is_no_json_is_refused_and_leaves_nothing(
    intake: Intake, reference_data: Path
) -> None:
    intake.deliver(form_part(b"{}"))
    before = intake.resident()

    for file in _files(reference_data):
        status, problem = intake.deliver(form_part(file.read_bytes()))
        expected = (400,) if file.name.startswith("n_") else (400, 422)
        assert status in expected, file.name
        assert problem["status"] == status

    assert intake.left_behind() == NOTHING
    assert intake.resident() - before <= 16 * MEBIBYTE


def test_what_is_json_round_trips_as_a_value(intake: Intake, reference_data: Path) -> None:
    for file in _files(reference_data):
        transaction_id = f"{file.name} {uuid4()}"
        status, _ = intake.deliver(form_part(_within(file.read_bytes(), transaction_id)))
        if file.name.startswith("n_"):
            # Some of these are only wrong as a whole document: empty, or with something behind it.
            assert status < 500, file.name
        elif file.name.startswith("y_"):
            assert status == 200, file.name
            assert _stored(intake, transaction_id) == read_json(file.read_text("utf-8")), file.name
        else:
            assert status in (200, 400, 422), file.name


def _stored(intake: Intake, transaction_id: str) -> object:
    with psycopg.connect(intake.database_url) as conn:
        case = case_id(SenderId("formserver"), transaction_id)
        (field,) = PostgresSubmissions(conn).get(case).fields
    return field.extra.get("value")
