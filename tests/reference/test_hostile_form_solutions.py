"""Hostile JSON, XML, multipart bodies and PDFs against the endpoint for Form-Solutions."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra.local.s3 import EmbeddedS3
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake, running_intake
from tests.reference.hostile import hostile_files, send, truncations

PATH = "/form-solutions"
SENDER = {
    "id": "forms",
    "platform": "form_solutions",
    "authentication": {"kind": "trusted_network"},
}
MEBIBYTE = 1024 * 1024


@pytest.fixture
def forms(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    with running_intake(database_url, object_store_server, bucket, tmp_path, (SENDER,)) as running:
        yield running


def test_json_and_xml_that_are_no_applications_are_refused_and_leave_nothing(
    forms: Intake, reference_data: Path
) -> None:
    send(forms, PATH, b"{}", "application/json")
    before = forms.resident()

    for file in hostile_files(reference_data, "json", "*.json", 150):
        for content_type in ("application/json", "application/xml"):
            assert send(forms, PATH, file.read_bytes(), content_type) in (400, 422), file.name
    for file in hostile_files(reference_data, "xml", "*.x*", 10):
        data = file.read_bytes()
        assert send(forms, PATH, data, "text/xml") in (400, 422), file.name
        assert send(forms, PATH, a_body(a_part("data", data)), CONTENT_TYPE) in (400, 422)

    assert forms.left_behind() == NOTHING
    assert forms.resident() - before <= 16 * MEBIBYTE


def test_multipart_bodies_that_are_no_applications_are_refused_and_leave_nothing(
    forms: Intake, reference_data: Path
) -> None:
    for file in hostile_files(reference_data, "multipart", "*.http", 10):
        boundary = yaml.safe_load(file.with_suffix(".yaml").read_text("utf-8"))["boundary"]
        content_type = f'multipart/form-data; boundary="{boundary}"'
        for body in (file.read_bytes(), *truncations(file.read_bytes())):
            assert send(forms, PATH, body, content_type) == 400, file.name

    assert forms.left_behind() == NOTHING


def test_files_are_taken_whatever_is_in_them(forms: Intake, reference_data: Path) -> None:
    files = [
        file
        for file in hostile_files(reference_data, "pdf", "*.pdf", 5)
        if file.stat().st_size < MEBIBYTE
    ]

    for number, file in enumerate(files):
        data_set = b"<form><transId>AS_1-%d</transId></form>" % number
        body = a_body(
            a_part("data", data_set), a_part("pdf", file.read_bytes(), file.name, "application/pdf")
        )
        assert send(forms, PATH, body, CONTENT_TYPE) == 200, file.name

    assert forms.count("cases") == len(files) == len(forms.objects())


def test_xml_that_names_a_file_or_an_address_brings_nothing_in(
    forms: Intake, reference_data: Path
) -> None:
    (file,) = hostile_files(reference_data, "xml", "external_file.xml", 1)

    for declaration in (file.read_bytes(), b'<!DOCTYPE form SYSTEM "http://192.0.2.1/x"><form/>'):
        assert send(forms, PATH, declaration, "application/xml") == 400

    assert forms.rows("SELECT DISTINCT code FROM refusals") == [("xml-doctype",)]
