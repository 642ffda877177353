"""The intake of OZG-Cloud: from the multipart body to a Submission."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.receive.address import read_address
from functions.receive.delivery import Delivery
from functions.receive.platforms.ozg_cloud import accepted, read
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender, TrustedNetwork
from shared.domain.exact_json import NumberLiteral
from shared.domain.identifiers import SenderId, case_id
from shared.domain.submission import AttachmentKind, FieldKind, FormField, Submission
from tests.functions.receive.bodies import (
    CONTENT_TYPE,
    LIMITS,
    ArrivalInMemory,
    FilesInMemory,
    a_body,
    a_field,
    a_form,
    a_part,
    form_part,
)

SENDER = Sender(
    id="formserver", platform="ozg_cloud", authentication=TrustedNetwork(kind="trusted_network")
)


def deliver(*parts: bytes, files: FilesInMemory | None = None) -> Delivery:
    arrival = ArrivalInMemory(io.BytesIO(a_body(*parts)), CONTENT_TYPE, SENDER)
    return read(arrival, files or FilesInMemory(), LIMITS)


def submit(form: dict[str, Any] | bytes) -> Submission:
    return deliver(form_part(form)).submission


def field(**members: Any) -> FormField:
    (found,) = submit(a_form(a_field(**members))).fields
    return found


def refusal(form: dict[str, Any] | bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        submit(form)
    return caught.value


def test_the_control_data_is_read() -> None:
    account = {
        "type": "OSI",
        "trustLevel": "STORK-QAA-Level-1",
        "postfachAddress": {"identifier": "4711", "type": "Citizen"},
    }
    submission = submit(a_form(serviceKonto=account))

    assert submission.sender == SENDER.id
    assert submission.transaction_id == "4e4b5a3c-0001"
    assert submission.named_unit == "197008"
    assert submission.leika_keys == ("99050012104000",)
    assert submission.form_id == "Gewerbeanmeldung"
    assert submission.form_name == "Antrag auf Gewerbeanmeldung"
    assert submission.service_account is not None
    assert submission.service_account.assurance_level == "STORK-QAA-Level-1"
    assert submission.service_account.mailbox is not None
    assert submission.service_account.mailbox.identifier == "4711"
    assert submission.service_account.mailbox.type == "citizen"
    assert submission.flags == ()


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain; charset=utf-8"])
@pytest.mark.parametrize("file_name", [None, "blob"])
def test_the_form_is_taken_typed_or_untyped_with_or_without_a_file_name(
    content_type: str | None, file_name: str | None
) -> None:
    part = a_part("formData", json.dumps(a_form()), file_name, content_type)
    assert deliver(part).submission.transaction_id == "4e4b5a3c-0001"


def test_the_original_is_kept_byte_for_byte() -> None:
    form = json.dumps(a_form(), indent=3).encode()
    delivery = deliver(a_part("formData", form, content_type="application/json"))
    assert delivery.original == form
    assert delivery.original_media_type == "application/json"


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ({"stringValue": "Keine Angabe"}, FieldKind.TEXT, "Keine Angabe"),
        ({"stringValue": ""}, FieldKind.TEXT, ""),
        ({"numberValue": NumberLiteral("12.50")}, FieldKind.NUMBER, "12.50"),
        ({"dateValue": "1980-01-31"}, FieldKind.DATE, "1980-01-31"),
        ({"booleanValue": True}, FieldKind.BOOLEAN, "true"),
        ({"booleanValue": False}, FieldKind.BOOLEAN, "false"),
        ({"stringValue": None}, FieldKind.EMPTY, None),
        ({"stringValue": "x", "numberValue": None, "formItems": None}, FieldKind.TEXT, "x"),
        ({"formItems": []}, FieldKind.GROUP, None),
    ],
)
def test_a_value_keeps_its_type_and_text(
    value: dict[str, Any], kind: FieldKind, text: str | None
) -> None:
    members = {"name": "n", "label": "l", **value}
    form = json.dumps(a_form(members)).replace('"12.50"', "12.50")
    (found,) = submit(form.encode()).fields
    assert (found.kind, found.value) == (kind, text)


def test_groups_keep_their_order_and_depth() -> None:
    row = {"name": "zeile", "label": "Zeile 1", "formItems": [a_field(name="b"), a_field(name="a")]}
    group = {"name": "tabelle", "label": "Tabelle", "formItems": [row]}

    (found,) = submit(a_form(group)).fields

    assert [item.name for item in found.items[0].items] == ["b", "a"]
    assert found.items[0].label == "Zeile 1"


def test_markup_in_a_label_stays_text() -> None:
    assert field(label="<b>Name</b><script>").label == "<b>Name</b><script>"


def test_without_a_label_the_name_is_shown_and_it_is_flagged() -> None:
    submission = submit(a_form(a_field(label=None)))
    assert submission.fields[0].label == "nachname"
    assert submission.flags == ("label-missing",)


def test_unknown_members_are_kept() -> None:
    form = {**a_form(a_field(type="string", hint={"x": [1]}), extra=True), "version": 2}
    submission = submit(form)
    assert submission.fields[0].extra == {"type": "string", "hint": {"x": ["1"]}}
    assert submission.control_extra == {"version": "2", "control.extra": True}


def test_keys_that_are_no_leika_keys_are_kept_and_flagged() -> None:
    submission = submit(a_form(leikaIds=["99050012104000", "nicht im LeiKa"]))
    assert submission.leika_keys == ("99050012104000", "nicht im LeiKa")
    assert submission.flags == ("leika-key-malformed",)


@pytest.mark.parametrize("given", [{"leikaIds": None}, {"leikaIds": []}])
def test_leika_keys_may_be_missing(given: dict[str, Any]) -> None:
    assert submit(a_form(**given)).leika_keys == ()


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ([], "$"),
        ({}, "control"),
        ({"control": {"transactionId": "1"}}, "formData"),
        (a_form(transactionId=None), "control.transactionId"),
        (a_form(transactionId=" "), "control.transactionId"),
        (a_form(transactionId="x" * 256), "control.transactionId"),
        (a_form(transactionId=7), "control.transactionId"),
        (a_form(zustaendigeStelle=197008), "control.zustaendigeStelle"),
        (a_form(leikaIds="99050012104000"), "control.leikaIds"),
        (a_form(leikaIds=[None]), "control.leikaIds[0]"),
        (a_form(serviceKonto="OSI"), "control.serviceKonto"),
        (
            a_form(serviceKonto={"postfachAddress": {}}),
            "control.serviceKonto.postfachAddress.identifier",
        ),
        ({**a_form(), "formData": {}}, "formData"),
        (a_form({"stringValue": "x"}), "formData[0].name"),
        (a_form(a_field(), a_field(name=1)), "formData[1].name"),
        (a_form(a_field(stringValue=1)), "formData[0].stringValue"),
        (a_form(a_field(stringValue="x" * 100_001)), "formData[0].stringValue"),
        (a_form(a_field(numberValue=1)), "formData[0]"),
        (a_form({"name": "n", "numberValue": "1"}), "formData[0].numberValue"),
        (a_form({"name": "n", "booleanValue": "true"}), "formData[0].booleanValue"),
        (a_form({"name": "n", "dateValue": "2026-02-30"}), "formData[0].dateValue"),
        (a_form({"name": "n", "dateValue": "31.01.2026"}), "formData[0].dateValue"),
        (a_form({"name": "n", "dateValue": "20260131"}), "formData[0].dateValue"),
        (
            a_form({"name": "g", "formItems": [a_field(), {"name": "n", "dateValue": "x"}]}),
            "formData[0].formItems[1].dateValue",
        ),
        (b'{"control": {"transactionId": "1", "transactionId": "2"}, "formData": []}', "control"),
        (b'{"control": {"transactionId": "a\\u0000"}, "formData": []}', "$.control.transactionId"),
    ],
)
def test_what_breaks_the_contract_is_answered_with_its_place(form: Any, place: str) -> None:
    refused = refusal(form if isinstance(form, bytes) else json.dumps(form).encode())
    assert (refused.status, refused.place) == (422, place)
    assert "Muster" not in json.dumps(refused.problem())


def test_a_missing_repeated_or_unreadable_form_is_refused() -> None:
    for parts in ([a_part("attachment", "x", "x.txt")], [form_part(), form_part()]):
        with pytest.raises(Refused) as caught:
            deliver(*parts)
        assert caught.value.status == 400
    assert refusal(b"{").status == 400


def test_a_form_of_another_type_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        deliver(a_part("formData", "<xml/>", content_type="application/xml"))
    assert caught.value.status == 415


def test_files_come_in_any_order_and_odd_ones_are_kept_and_flagged() -> None:
    files = FilesInMemory()
    deliver(
        a_part("attachment", "1", "a.txt", "text/plain"),
        form_part(),
        a_part("representation", "%PDF", "Antrag.pdf", "application/pdf"),
        a_part("attachment", "", "../../leer.txt"),
        a_part("other", "2", "b.txt"),
        a_part(None, "3"),
        files=files,
    )

    assert [(file.kind, file.name, file.flags) for file in files.stored] == [
        (AttachmentKind.ATTACHMENT, "a.txt", ()),
        (AttachmentKind.REPRESENTATION, "Antrag.pdf", ()),
        (AttachmentKind.ATTACHMENT, "leer.txt", ("file-name-changed",)),
        (AttachmentKind.ATTACHMENT, "b.txt", ("part-unknown",)),
        (AttachmentKind.ATTACHMENT, "part-6", ("part-unnamed", "file-name-missing")),
    ]
    assert files.stored[2].original_name == "../../leer.txt"
    assert {file.state for file in files.stored} == {"closed"}


def test_a_bad_form_is_refused_before_the_files_behind_it_are_stored() -> None:
    files = FilesInMemory()
    with pytest.raises(Refused):
        deliver(form_part(b"{}"), a_part("attachment", "x", "x.txt"), files=files)
    assert files.stored == []


def test_the_answer_is_the_platforms_own() -> None:
    now = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    case = case_id(SenderId(SENDER.id), "4711")

    answer = accepted(Receipt(case, "100-0003", "4711", now))

    assert answer.status == 200
    assert json.loads(answer.body) == {
        "transactionId": "4711",
        "vorgang": {
            "vorgangId": str(case),
            "vorgangNummer": "100-0003",
            "status": "NEU",
            "statusSince": "2026-03-01T08:30:00+00:00",
        },
    }
    assert read_address("/antrag").platform.accepted is accepted
