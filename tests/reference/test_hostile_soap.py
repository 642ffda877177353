"""What is no envelope, posted to the running intake of SOAP; and hostile files within envelopes."""

from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import yaml
from lxml import etree

from functions.receive.platforms.intelliform.names import SOAP
from infra.local.ports import HOST
from tests.functions.receive.bodies import a_body
from tests.functions.receive.deposits import (
    DATA_SET,
    MTOM,
    XML,
    File,
    a_data_set,
    a_deposit,
    as_part,
    content_part,
    root_part,
)
from tests.functions.receive.intake import NOTHING, Intake


def post(intake: Intake, body: bytes | str, content_type: str = XML) -> int:
    answer = intake.http.request(
        "POST",
        f"http://{HOST}:{intake.port}/intelliform",
        body=body,
        headers={"Content-Type": content_type},
        timeout=20,
    )
    assert etree.fromstring(answer.data).tag == f"{{{SOAP}}}Envelope"
    return answer.status


def files_of(reference_data: Path, folder: str, pattern: str, least: int) -> list[Path]:
    found = sorted(path for path in (reference_data / folder).rglob(pattern) if path.is_file())
    assert len(found) >= least
    return found


def test_what_is_no_envelope_is_refused_and_leaves_nothing(
    soap: Intake, reference_data: Path
) -> None:
    documents = files_of(reference_data, "hostile/json", "*.json", 100)
    documents += files_of(reference_data, "hostile/xml", "*", 10)

    for file in documents:
        assert post(soap, file.read_bytes()) == 400, file.name
        inside = a_body(root_part(file.read_bytes()))
        assert post(soap, inside, MTOM) == 400, file.name

    assert soap.left_behind() == NOTHING


def test_broken_multipart_is_refused_and_leaves_nothing(soap: Intake, reference_data: Path) -> None:
    for file in files_of(reference_data, "hostile/multipart", "*.http", 10):
        boundary = yaml.safe_load(file.with_suffix(".yaml").read_text("utf-8"))["boundary"]
        body = file.read_bytes()
        related = f'multipart/related; boundary="{boundary}"'

        assert post(soap, body, f'multipart/form-data; boundary="{boundary}"') == 415, file.name
        for cut in (len(body), *range(0, len(body), 97)):
            assert post(soap, body[:cut], related) == 400, file.name

    assert soap.left_behind() == NOTHING


def test_hostile_data_sets_are_faults_and_leave_nothing(soap: Intake, reference_data: Path) -> None:
    for file in files_of(reference_data, "hostile/xml", "*.xml", 8):
        if b"<!DOCTYPE" in file.read_bytes():
            data_set = replace(DATA_SET, content=file.read_bytes())
            assert post(soap, a_deposit(data_set)) == 500, file.name

    assert soap.left_behind() == NOTHING


def test_hostile_files_are_kept_as_they_are(soap: Intake, reference_data: Path) -> None:
    files = files_of(reference_data, "hostile/pdf", "*.pdf", 5)
    files += files_of(reference_data, "hostile/xml", "*", 10)

    for number, file in enumerate(files):
        hostile = File(file.read_bytes(), "upload", file.name, "application/pdf")
        part = as_part(hostile, number)
        body = a_body(root_part(a_deposit(DATA_SET, part, id=f"m{number}")), content_part(part))
        assert post(soap, a_deposit(DATA_SET, hostile, id=f"i{number}")) == 200, file.name
        assert post(soap, body, MTOM) == 200, file.name

    stored = soap.rows("SELECT encode(sha256, 'hex'), sent_sha256 FROM attachments")
    assert len(stored) == 2 * len(files)
    assert {sent for _, sent in stored} == {None}


def test_every_string_of_latin_plus_survives(soap: Intake, reference_data: Path) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    source = str(reference_data / "hostile/strings/latinchars.xml")
    text = "".join(
        chr(int(point, 16))
        for cp in etree.parse(source, parser).getroot().iter("{*}cp")
        for point in (cp.text or "").split()
    )
    assert len(text) > 500
    data_set = replace(
        DATA_SET, content=a_data_set(f"<alle>{escape(text, {chr(13): '&#13;'})}</alle>")
    )

    assert post(soap, a_deposit(data_set).encode()) == 200

    ((value,),) = soap.rows("SELECT fields -> 0 ->> 'value' FROM submissions")
    assert value == text
