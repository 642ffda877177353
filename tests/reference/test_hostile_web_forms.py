"""The hostile sets against FORMCYCLE's endpoint and the webhook's: no 5xx, and nothing is left."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from lxml import etree

from infra.local.s3 import EmbeddedS3
from shared.domain.exact_json import RepeatedMembers, read_json
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake
from tests.functions.receive.web_forms import URLENCODED, an_intake, shown, stored, urlencoded
from tests.reference.hostile import (
    Body,
    a_form_with,
    json_bodies,
    multipart_bodies,
    pdf_attachments,
    posted,
    xml_bodies,
)

MEBIBYTE = 1024 * 1024
EVENT = "application/cloudevents+json"


@pytest.fixture
def intake(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    with an_intake(database_url, object_store_server, bucket, tmp_path) as running:
        yield running


def test_hostile_bodies_are_refused_and_leave_nothing(intake: Intake, reference_data: Path) -> None:
    warm = a_form_with(a_part("f", "x", "a.txt"), fields={"a": "1"})
    assert posted(intake, "/formcycle", warm) == 422
    before = intake.resident()

    for path in ("/formcycle", "/webhook"):
        for bodies in (json_bodies, xml_bodies, multipart_bodies):
            for body in bodies(reference_data):
                # None has a transaction id where it is looked for: none is an application.
                assert posted(intake, path, body) in (400, 413, 415, 422), body.name
                assert posted(intake, path, body._replace(content_type=URLENCODED)) in (413, 422)
    for body in json_bodies(reference_data):
        assert posted(intake, "/webhook", body._replace(content_type=EVENT)) in (400, 422)

    assert intake.left_behind() == NOTHING
    assert intake.resident() - before <= 16 * MEBIBYTE


def test_json_round_trips_as_the_value_of_a_webhook(intake: Intake, reference_data: Path) -> None:
    for body in json_bodies(reference_data):
        within = Body(body.name, b'{"value": %b}' % body.data, "application/json")
        id_ = quote_plus(body.name)
        status = posted(intake, "/webhook", within, {"webhook-id": id_})
        if body.name.startswith("y_"):
            expected = read_json(body.data.decode())
            if isinstance(expected, RepeatedMembers):
                assert status == 422, body.name
                continue
            assert status == 202, body.name
            (field,) = stored(intake, "webhooks", id_).fields
            if isinstance(expected, str):
                assert field.value == expected, body.name
            elif isinstance(expected, list | dict):
                assert len(field.items) == len(expected), body.name


def test_hostile_pdfs_are_files_like_others(intake: Intake, reference_data: Path) -> None:
    files = list(pdf_attachments(reference_data))
    for number, file in enumerate(files):
        form = a_form_with(file, fields={"transactionId": str(number), "a": "1"})
        assert posted(intake, "/formcycle", form) == 200

    kept = intake.rows("SELECT encode(sha256, 'hex') FROM attachments ORDER BY case_id")
    contents = (file.partition(b"\r\n\r\n")[2] for file in files)
    assert sorted(digest for (digest,) in kept) == sorted(
        hashlib.sha256(content).hexdigest() for content in contents
    )


def test_every_string_of_latin_survives_every_kind_of_body(
    intake: Intake, reference_data: Path
) -> None:
    strings = _strings(reference_data)
    pairs = [(text, f"a{text}z") for text in strings]
    # A quotation mark or backslash in the name of a part is written with a backslash.
    parts = [
        a_part(name.replace("\\", "\\\\").replace('"', '\\"'), value)
        for name, value in pairs
        if name.isprintable()
    ]
    tree = json.dumps(dict(pairs), ensure_ascii=False)
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "subject": strings[-1]}
    encoded = base64.b64encode(tree.encode()).decode()
    for kind, data, content_type in (
        ("urlencoded", urlencoded(*pairs), URLENCODED),
        ("multipart", a_body(*parts), CONTENT_TYPE),
        ("json", tree.encode(), "application/json"),
        ("event", json.dumps({**event, "data_base64": encoded}).encode(), EVENT),
    ):
        body = Body(kind, data, content_type)
        assert posted(intake, "/webhook", body, {"webhook-id": kind}) == 202
        id_ = "/s 1" if kind == "event" else kind
        found = shown(stored(intake, "webhooks", id_).fields)
        expected = [pair for pair in pairs if kind != "multipart" or pair[0].isprintable()]
        assert found == (
            expected if kind in ("urlencoded", "multipart") else [*dict(pairs).items()]
        )


def _strings(reference_data: Path) -> list[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    path = reference_data / "hostile/strings/latinchars.xml"
    root = etree.parse(str(path), parser).getroot()
    return [
        "".join(chr(int(point, 16)) for point in cp.text.split())
        for cp in root.iter("{*}cp")
        if cp.text
    ]
