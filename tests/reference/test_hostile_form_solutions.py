"""Hostile JSON, XML, multipart bodies and PDFs against the endpoint for Form-Solutions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.s3 import EmbeddedS3
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake, running_intake
from tests.reference.hostile import (
    Body,
    json_bodies,
    multipart_bodies,
    pdf_attachments,
    posted,
    xml_bodies,
)

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
    posted(forms, PATH, Body("warm", b"{}", "application/json"))
    before = forms.resident()

    for body in (*json_bodies(reference_data), *xml_bodies(reference_data)):
        within = a_body(a_part("data", body.data))
        for sent in (
            body,
            body._replace(content_type="application/xml"),
            Body(body.name, within, CONTENT_TYPE),
        ):
            assert posted(forms, PATH, sent) in (400, 422), body.name

    assert forms.left_behind() == NOTHING
    assert forms.resident() - before <= 16 * MEBIBYTE


def test_multipart_bodies_that_are_no_applications_are_refused_and_leave_nothing(
    forms: Intake, reference_data: Path
) -> None:
    for body in multipart_bodies(reference_data):
        assert posted(forms, PATH, body) == 400, body.name

    assert forms.left_behind() == NOTHING


def test_files_are_taken_whatever_is_in_them(forms: Intake, reference_data: Path) -> None:
    files = list(pdf_attachments(reference_data))

    for number, file in enumerate(files):
        data_set = b"<form><transId>AS_1-%d</transId></form>" % number
        body = Body(str(number), a_body(a_part("data", data_set), file), CONTENT_TYPE)
        assert posted(forms, PATH, body) == 200, number

    assert forms.count("cases") == len(files) == len(forms.objects())


def test_xml_that_names_a_file_or_an_address_brings_nothing_in(
    forms: Intake, reference_data: Path
) -> None:
    named = [body for body in xml_bodies(reference_data) if body.name == "external_file.xml"]
    assert named

    for body in (
        *named,
        Body("own", b'<!DOCTYPE form SYSTEM "http://192.0.2.1/x"><form/>', "text/xml"),
    ):
        assert posted(forms, PATH, body) == 400

    assert forms.rows("SELECT DISTINCT code FROM refusals") == [("xml-doctype",)]
