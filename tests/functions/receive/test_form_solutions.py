"""What Form-Solutions pushes: from the body to a Submission."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from functions.receive.delivery import Delivery
from functions.receive.platforms.form_solutions.data_set import label_of
from functions.receive.platforms.form_solutions.push import read
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender
from shared.domain.submission import AttachmentKind, FormField, Submission
from tests.functions.receive.bodies import (
    CONTENT_TYPE,
    LIMITS,
    ArrivalInMemory,
    FilesInMemory,
    a_body,
    a_part,
)

EXAMPLES = Path(__file__).parent / "examples" / "form_solutions"
XML = (EXAMPLES / "hundesteuer.xml").read_bytes()
JSON = (EXAMPLES / "hundesteuer.json").read_bytes()


def a_sender(**settings: Any) -> Sender:
    return Sender.model_validate(
        {
            "id": "forms",
            "platform": "form_solutions",
            "authentication": {"kind": "trusted_network"},
            "form_solutions": settings,
        }
    )


def arrived(body: bytes, content_type: str | None, sender: Sender) -> ArrivalInMemory:
    return ArrivalInMemory(io.BytesIO(body), content_type, sender)


def deliver(
    body: bytes,
    content_type: str | None = "application/xml",
    files: FilesInMemory | None = None,
    **settings: Any,
) -> Delivery:
    return read(arrived(body, content_type, a_sender(**settings)), files or FilesInMemory(), LIMITS)


def from_xml(text: str, **settings: Any) -> Submission:
    body = f"<form><transId>AS_1-a</transId>{text}</form>".encode()
    return deliver(body, **settings).submission


def from_json(fields: Any, **members: Any) -> Submission:
    body = json.dumps({"transId": "4711", "fields": fields, **members}).encode()
    return deliver(body, "application/json").submission


def refusal(body: bytes, content_type: str | None = "application/xml") -> Refused:
    with pytest.raises(Refused) as caught:
        deliver(body, content_type)
    return caught.value


def shown(fields: tuple[FormField, ...]) -> list[Any]:
    return [(field.label, field.kind.value, field.value or shown(field.items)) for field in fields]


def test_each_element_of_the_data_set_is_a_field_named_by_its_label() -> None:
    delivery = deliver(XML)

    submission = delivery.submission
    assert submission.transaction_id == "AS_940000-Muster01"
    assert shown(submission.fields) == [
        ("Name-des-Hundes", "text", "Bello"),
        ("Straße", "text", "Musterstraße 1"),
        ("Größe in cm", "text", "47"),
        ("Bemerkung", "empty", []),
        ("Halter", "group", [("Nachname", "text", "Mustermann"), ("Vorname", "text", "Erika")]),
        ("Rasse", "text", "Dackel"),
        ("Rasse", "text", "Pudel"),
    ]
    assert submission.fields[2].name == "Größe_x0020_in_x0020_cm"
    assert (delivery.original, delivery.original_media_type) == (XML, "application/xml")


def test_the_form_is_told_by_the_transaction_id() -> None:
    submission = deliver(XML).submission

    assert submission.form_id == "AS_940000"
    assert "form-from-transaction-id" in submission.flags


def test_the_file_url_is_kept_and_flagged() -> None:
    submission = deliver(XML).submission

    url = "https://forms.musterstadt.example/download/AS_940000-Muster01.pdf"
    assert submission.control_extra == {"fileUrl": url}
    assert "file-url-not-fetched" in submission.flags


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Hausnr_x002E_", "Hausnr."),
        ("a_x005F_x0020_", "a_x0020_"),
        ("_x0000__xD800__x000A_", "_x0000__xD800__x000A_"),
        ("_x20_", "_x20_"),
    ],
)
def test_escapes_of_a_name_are_read_in_its_label(name: str, label: str) -> None:
    assert label_of(name) == label


def test_attributes_namespaces_and_text_beside_elements_are_kept() -> None:
    (field,) = from_xml('<a x="1" xmlns="urn:n">one<b>two</b>three</a>').fields

    assert field.extra == {"attributes": {"x": "1"}, "namespace": "urn:n", "text": "onethree"}
    assert [item.name for item in field.items] == ["b"]


def test_a_data_set_in_another_encoding_is_read() -> None:
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><form><transId>1</transId><ä>ö</ä></form>'

    assert shown(deliver(text.encode("latin-1"), "text/xml").submission.fields) == [
        ("ä", "text", "ö")
    ]


def test_settings_tell_what_the_form_does_not() -> None:
    form = {
        "id": "AS_1",
        "name": "Hundesteuer",
        "leika_keys": ["99050012104000"],
        "unit": "197008",
        "region": "010515169001",
    }

    submission = from_xml("<a>1</a>", forms=[form])

    assert submission.form_name == "Hundesteuer"
    assert submission.leika_keys == ("99050012104000",)
    assert (submission.named_unit, submission.region) == ("197008", "010515169001")


def test_a_field_may_carry_the_unit_the_region_and_the_service() -> None:
    carriers = {"unit": "Stelle", "region": "Schlüssel", "leika_key": "Leistung"}
    text = "<x><Stelle>17</Stelle></x><Schlüssel>010515169001</Schlüssel>"

    submission = from_xml(f"{text}<Leistung>99050012104000</Leistung>", carriers=carriers)

    assert (submission.named_unit, submission.region) == ("17", "010515169001")
    assert submission.leika_keys == ("99050012104000",)


def test_the_region_may_be_the_eight_digits_of_an_ags() -> None:
    submission = from_xml("<Schlüssel>01051011</Schlüssel>", carriers={"region": "Schlüssel"})

    assert submission.region == "01051011"
    assert "region-malformed" not in submission.flags


def test_what_is_no_key_is_flagged_and_not_used() -> None:
    carriers = {"region": "Schlüssel", "leika_key": "Leistung"}

    submission = from_xml("<Schlüssel>01051</Schlüssel><Leistung>x</Leistung>", carriers=carriers)

    assert (submission.region, submission.leika_keys) == (None, ())
    assert set(submission.flags) >= {"region-malformed", "leika-key-malformed"}


def test_the_payload_may_carry_the_unit() -> None:
    delivery = deliver(JSON, "application/json", carriers={"unit": "Ordnungsziffer"})

    assert delivery.submission.named_unit == "197008"
    assert delivery.submission.control_extra["payload"] == '{"Ordnungsziffer": "197008"}'


def test_a_list_of_fields_is_read() -> None:
    submission = deliver(JSON, "application/json").submission

    assert shown(submission.fields) == [
        ("Name des Hundes", "text", "Bello"),
        ("Größe in cm", "number", "47.50"),
        ("Geimpft", "boolean", "true"),
        ("Bemerkung", "empty", []),
        ("Halter", "group", [("Nachname", "text", "Mustermann")]),
        (
            "Angaben aus dem Servicekonto",
            "group",
            [
                ("Vorname", "text", "Erika"),
                ("Nachname", "text", "Mustermann"),
                ("Geburtsdatum", "text", "31.12.1980"),
            ],
        ),
    ]
    assert submission.fields[1].extra == {"unit": "cm"}
    assert submission.fields[5].items[2].extra == {"isoDate": "1980-12-31"}
    assert (submission.form_id, submission.form_name) == ("AS_940000", "Anmeldung zur Hundesteuer")


def test_who_was_logged_in_is_the_service_account() -> None:
    account = deliver(JSON, "application/json").submission.service_account

    assert account is not None
    assert (account.type, account.assurance_level) == ("bundid", "STORK-QAA-Level-3")
    assert account.mailbox is not None
    assert account.mailbox.identifier == "00000000-0000-4000-8000-000000000001"


def test_an_object_of_fields_is_read_by_its_labels() -> None:
    fields = {"Name": "Bello", "Halter": {"Ort": "Musterstadt"}, "Rassen": ["Dackel", {"a": 1}]}

    assert shown(from_json(fields).fields) == [
        ("Name", "text", "Bello"),
        ("Halter", "group", [("Ort", "text", "Musterstadt")]),
        ("Rassen", "group", [("1", "text", "Dackel"), ("2", "group", [("a", "number", "1")])]),
    ]


def test_members_that_are_not_known_are_kept() -> None:
    assert from_json({}, colour="red").control_extra == {"colour": "red"}


@pytest.mark.parametrize("secure", ["x", [], {"Origin": 1}])
def test_secure_data_of_another_shape_is_kept(secure: Any) -> None:
    submission = from_json({}, secureData=secure)

    assert submission.service_account is None
    assert submission.flags == ("secure-data-unknown",)
    assert json.dumps(submission.control_extra["secureData"]).replace('"1"', "1") == json.dumps(
        secure
    )


@pytest.mark.parametrize("data", [XML, JSON])
@pytest.mark.parametrize("content_type", [None, "text/plain"])
def test_a_part_without_a_type_is_looked_at(data: bytes, content_type: str | None) -> None:
    body = a_body(a_part("data", data, content_type=content_type))

    assert deliver(body, CONTENT_TYPE).submission.form_id == "AS_940000"


def test_files_come_with_the_data_set_in_any_order() -> None:
    files = FilesInMemory()
    body = a_body(
        a_part("foto", b"jpg", "Hund.jpg", "image/jpeg"),
        a_part("data", XML, content_type="application/xml"),
        a_part("pdf", b"%PDF-1.7", "Antrag.pdf", "application/pdf"),
        a_part(None, b"?"),
    )

    delivery = deliver(body, CONTENT_TYPE, files)

    assert delivery.original == XML
    attachment, representation = AttachmentKind.ATTACHMENT, AttachmentKind.REPRESENTATION
    assert [(file.kind, file.name, file.flags) for file in files.stored] == [
        (attachment, "Hund.jpg", ()),
        (representation, "Antrag.pdf", ()),
        (attachment, "part-4", ("part-unnamed", "file-name-missing")),
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (XML, "text/html", 415, "body-kind-unknown"),
        (XML, None, 415, "body-kind-unknown"),
        (XML[:-9], "text/xml", 400, "malformed-xml"),
        (b"<other/>", "text/xml", 422, "not-a-data-set"),
        (b"<form/>", "text/xml", 422, "member-missing"),
        (b"<form><transId> </transId></form>", "text/xml", 422, "member-missing"),
        (b"<form><transId>" + b"x" * 256 + b"</transId></form>", "text/xml", 422, "text-too-long"),
        (b"<form><transId>1</transId><transId/></form>", "text/xml", 422, "repeated-member"),
        (b"<form><transId><a/></transId></form>", "text/xml", 422, "wrong-type"),
        (b"[]", "application/json", 422, "wrong-type"),
        (b"{}", "application/json", 422, "member-missing"),
        (b'{"transId": 1}', "application/json", 422, "wrong-type"),
        (b'{"transId": "1"}', "application/json", 422, "wrong-type"),
        (b'{"transId": "1", "fields": [1]}', "application/json", 422, "wrong-type"),
        (b'{"transId": "1", "fields": [{}]}', "application/json", 422, "member-missing"),
        (
            b'{"transId": "1", "fields": {"a": 1, "a": 2}}',
            "application/json",
            422,
            "repeated-member",
        ),
        (b'{"transId": "1\\u0000", "fields": []}', "application/json", 422, "text-not-storable"),
        (a_body(a_part("pdf", b"x", "a")), CONTENT_TYPE, 400, "form-missing"),
        (a_body(*2 * [a_part("data", XML)]), CONTENT_TYPE, 400, "form-twice"),
        (
            a_body(a_part("data", XML, content_type="image/png")),
            CONTENT_TYPE,
            415,
            "body-kind-unknown",
        ),
        (b"<form>" + b" " * LIMITS.form + b"</form>", "text/xml", 413, "too-large"),
        (
            b"<form><transId>1</transId><a>%s</a></form>" % (b"x" * (LIMITS.field_length + 1)),
            "text/xml",
            422,
            "text-too-long",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused(
    body: bytes, content_type: str | None, status: int, code: str
) -> None:
    refused = refusal(body, content_type)

    assert (refused.status, refused.code) == (status, code)


def test_a_field_with_a_value_and_items_is_refused() -> None:
    field = {"name": "a", "value": "b", "items": []}
    body = json.dumps({"transId": "1", "fields": [field]}).encode()

    assert refusal(body, "application/json").place == "fields[0]"


def test_the_transaction_id_is_known_before_the_fields_are_read() -> None:
    arrival = arrived(b'{"transId": "4711", "fields": 1}', "application/json", a_sender())

    with pytest.raises(Refused):
        read(arrival, FilesInMemory(), LIMITS)

    assert arrival.transaction_id == "4711"


@pytest.mark.parametrize("kind", ["bundid", "muk"])
def test_the_documented_secure_data_is_read(kind: str, reference_data: Path) -> None:
    file = reference_data / f"form-solutions/submission-api-4.2-securedata-{kind}.json"
    given = json.loads(file.read_text("utf-8"))["secureData"]

    submission = from_json({}, secureData=given)

    account, (group,) = submission.service_account, submission.fields
    assert account is not None
    assert (account.type, account.assurance_level) == (kind, given["StorkQaaLevel"])
    assert {item.name: item.value for item in group.items} == {
        name: value
        for name, value in given.items()
        if name not in ("Origin", "StorkQaaLevel", "PostkorbId")
    }
    assert all(item.label != item.name for item in group.items)
