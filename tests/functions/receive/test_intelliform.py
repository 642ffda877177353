"""intelliForm over SOAP: from the envelope to a Submission and its files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.receive.refusal import Refused
from shared.domain.configuration.intelliform import FormDefaults, Intelliform
from shared.domain.submission import AttachmentKind, FieldKind
from tests.functions.receive.bodies import FilesInMemory, a_body
from tests.functions.receive.deposits import (
    DATA_SET,
    MTOM,
    PDF,
    File,
    a_deposit,
    an_envelope,
    as_mtom,
    as_part,
    content_part,
    root_part,
)
from tests.functions.receive.intelliform_reading import deliver, refusal, submit


def test_the_control_data_is_read() -> None:
    submission = submit()

    assert submission.transaction_id == "20270102000000000001"
    assert submission.form_id == "musterstadt/hundesteuer"
    assert submission.form_name == "Hundesteuer anmelden"
    assert submission.named_unit == "197008"
    assert submission.control_extra == {
        "caller": "Formularserver Musterstadt",
        "client": "musterstadt",
        "timestamp": "2027-01-02T03:04:05.678+01:00",
        "dataSet": "hundesteuer",
        "transaction": {"id": "20270102000000000001", "form-id": "musterstadt/hundesteuer"},
    }
    assert submission.flags == ()


def test_a_form_without_an_id_is_known_by_its_name() -> None:
    assert submit(formId=None).form_id == "Hundesteuer anmelden"


@pytest.mark.parametrize("missing", ["timestamp", "username", "primaryFormAttachmentId"])
def test_what_is_optional_may_be_missing(missing: str) -> None:
    assert submit(**{missing: None}).transaction_id == "20270102000000000001"


@pytest.mark.parametrize(
    ("members", "code", "place"),
    [
        ({"id": None}, "member-missing", "data.id"),
        ({"id": " "}, "member-missing", "data.id"),
        ({"id": "1" * 256}, "text-too-long", "data.id"),
        ({"form": None, "formId": ""}, "member-missing", "data.formId"),
        ({"primaryDataAttachmentId": "other"}, "data-set-missing", "data.primaryDataAttachmentId"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    members: dict[str, Any], code: str, place: str
) -> None:
    refused = refusal(a_deposit(**members))

    assert (refused.status, refused.code, refused.place) == (422, code, place)


def test_an_application_without_a_data_set_is_taken_and_flagged() -> None:
    delivery = deliver(a_deposit(primaryDataAttachmentId=None))

    assert delivery.submission.fields == ()
    assert delivery.submission.flags == ("data-set-missing",)
    assert delivery.original is None


def test_parameters_say_the_way_and_what_is_not_known_is_kept() -> None:
    submission = submit(
        parameters=[
            ("LeikaID", "99050012104000, 99012008001000"),
            ("ARS", "010510011011"),
            ("PostfachHandle", "postkorb-4711"),
            ("Vertrauensniveau", "STORK-QAA-Level-2"),
            ("createTicket", "true"),
            ("tag", "a"),
            ("tag", "b"),
        ]
    )

    assert submission.leika_keys == ("99050012104000", "99012008001000")
    assert submission.region == "010510011011"
    assert submission.service_account is not None
    assert submission.service_account.assurance_level == "STORK-QAA-Level-2"
    assert submission.service_account.mailbox is not None
    assert submission.service_account.mailbox.identifier == "postkorb-4711"
    assert submission.control_extra["customParameters"] == {
        "createTicket": "true",
        "tag": ["a", "b"],
    }


def test_the_region_may_be_the_eight_digits_of_an_ags() -> None:
    submission = submit(parameters=[("ARS", "01051011")])

    assert (submission.region, submission.flags) == ("01051011", ())


def test_malformed_keys_and_regions_are_flagged_and_kept() -> None:
    submission = submit(parameters=[("LeikaID", "99;x"), ("ARS", "1051")])

    assert submission.flags == ("leika-key-malformed", "region-malformed")
    assert submission.leika_keys == ("99", "x")
    assert submission.region is None
    assert submission.control_extra["customParameters"] == {"ARS": "1051"}


def test_names_of_parameters_and_defaults_of_a_form_are_settings() -> None:
    defaults = FormDefaults(leika_keys=("99050012104000",), unit="4711")
    settings = Intelliform(
        unit_parameter="Amt", test_parameter="Probe", forms={"musterstadt/hundesteuer": defaults}
    )

    said = submit(parameters=[("Amt", "197008"), ("Probe", "true")], settings=settings)
    silent = submit(parameters=[], settings=settings)

    assert (said.named_unit, said.is_test) == ("197008", True)
    assert (silent.named_unit, silent.is_test) == ("4711", False)
    assert silent.leika_keys == ("99050012104000",)


@pytest.mark.parametrize(
    "parameters",
    [
        [("OrganisationsEinheitID", "1"), ("OrganisationsEinheitID", "2")],
        [("Testantrag", "vielleicht")],
    ],
)
def test_a_parameter_that_may_be_meant_either_way_is_refused(
    parameters: list[tuple[str, str]],
) -> None:
    assert refusal(a_deposit(parameters=parameters)).status == 422


def test_files_get_their_names_and_kinds_although_these_come_last() -> None:
    files = FilesInMemory()
    attributes = (("X-IntelliForm-Original-Name", "C:\\Plan.pdf"), ("X-IntelliForm-Signed", "true"))
    plan = File(b"plan", "upload", "Plan.pdf", "image/png", attributes=attributes)
    note = File(b"<x/>", "upload", None, None)

    deliver(a_deposit(plan, DATA_SET, PDF, note), files=files)

    assert [(file.kind, file.name, file.original_name, file.flags) for file in files.stored] == [
        (AttachmentKind.ATTACHMENT, "Plan.pdf", "C:\\Plan.pdf", ("signed",)),
        (AttachmentKind.REPRESENTATION, "Antrag.pdf", "Antrag.pdf", ()),
        (AttachmentKind.ATTACHMENT, "upload", None, ("file-name-missing",)),
    ]
    assert [file.data.getvalue() for file in files.stored] == [b"plan", PDF.content, b"<x/>"]
    assert {file.state for file in files.stored} == {"closed"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_envelope_may_come_in_any_usual_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + a_deposit(form="Hundesteuer für Förde")

    declared = deliver(text.encode(encoding), "text/xml").submission
    told = deliver(text.encode(encoding), f"text/xml; charset={encoding}").submission

    assert declared.form_name == told.form_name == "Hundesteuer für Förde"


def test_base64_may_be_broken_into_lines_and_stand_in_cdata() -> None:
    lines = "\n JVBE\r\nRi0x&#13;\n<![CDATA[LjcK\n]]>\t"
    files = FilesInMemory()

    deliver(a_deposit(DATA_SET, replace(PDF, inline=lines)), files=files)

    assert files.stored[0].data.getvalue() == b"%PDF-1.7\n"


@pytest.mark.parametrize("wrong", ["JVBE=", "JVB", "JV==BERi0", "JVBE!A==", "äöüß", "JV==JV=="])
def test_what_is_not_base64_is_refused(wrong: str) -> None:
    files = FilesInMemory()
    with pytest.raises(Refused) as caught:
        deliver(a_deposit(DATA_SET, replace(PDF, inline=wrong)), files=files)

    assert (caught.value.code, caught.value.place) == ("not-base64", "attachments[1].content")
    assert {file.state for file in files.stored} <= {"aborted"}


@pytest.mark.parametrize("root_last", [False, True])
def test_mtom_is_the_same_application(root_last: bool) -> None:
    plain, mtom = FilesInMemory(), FilesInMemory()
    files = (DATA_SET, PDF, File(b"plan", "upload", "Plan.png", "image/png"))

    expected = deliver(a_deposit(*files), files=plain)

    assert deliver(as_mtom(*files, root_last=root_last), MTOM, mtom) == expected
    assert [vars(file) | {"data": 0} for file in mtom.stored] == [
        vars(file) | {"data": 0} for file in plain.stored
    ]
    assert [file.data.getvalue() for file in mtom.stored] == [PDF.content, b"plan"]


def test_parts_are_found_missed_shared_or_kept() -> None:
    shared = as_part(PDF, 1)
    other = as_part(File(b"lost", "x", None, "text/plain"), 9)
    files = FilesInMemory()
    root = root_part(a_deposit(DATA_SET, shared, replace(shared, id="again", name="Zwei.pdf")))

    deliver(a_body(root, content_part(shared), content_part(other)), MTOM, files)
    missing = refusal(a_body(root), MTOM)

    assert [(file.name, file.flags) for file in files.stored] == [
        ("Antrag.pdf", ()),
        ("content-9@musterstadt", ("part-unreferenced",)),
    ]
    assert (missing.code, missing.place) == ("content-missing", "attachments[1].content")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed-xml"),
        ("<a/>", 400, "not-soap"),
        (a_deposit()[:-40], 400, "malformed-xml"),
        ('<!DOCTYPE a [<!ENTITY x "x">]>' + a_deposit(), 400, "xml-doctype"),
        (a_deposit().replace("soap/envelope/", "soap/other/"), 422, "soap-version"),
        (an_envelope(""), 422, "unknown-operation"),
        (an_envelope("<x/>"), 422, "unknown-operation"),
        (a_deposit(replace(DATA_SET, content=b"<a")), 422, "malformed-xml"),
        (a_deposit(replace(DATA_SET, content=b"%PDF")), 422, "data-set-malformed"),
        (a_deposit(replace(DATA_SET, content=b"<!DOCTYPE a><a/>")), 422, "xml-doctype"),
        (a_deposit(DATA_SET, *[PDF] * 50), 413, "too-many-parts"),
        (a_deposit(form="x" * 100_001), 422, "text-too-long"),
    ],
)
def test_what_is_no_deposit_is_refused(body: str, status: int, code: str) -> None:
    refused = refusal(body)

    assert (refused.status, refused.code) == (status, code)


def test_another_type_of_body_is_refused() -> None:
    assert refusal(a_deposit(), "application/json").status == 415
    assert refusal(a_body(root_part(a_deposit(), "other")), MTOM).code == "not-soap"
    assert refusal(as_mtom(), "multipart/related").code == "bad-boundary"


def test_the_captured_message_is_read(reference_data: Path) -> None:
    body = (reference_data / "cit-intelliform/example-soap-message.xml").read_bytes()
    files = FilesInMemory()

    submission = deliver(body, files=files).submission

    assert submission.transaction_id == "20230704500810793423"
    assert submission.form_id == "test/RW/Supportformular"
    assert len(submission.fields) == 31
    named = {field.name: field for field in submission.fields}
    assert named["browser"].extra == {"display": "Edge"}
    assert named["datenschutz1"].kind is FieldKind.BOOLEAN
    assert named["upload"].items[0].items[0].value == "sample.pdf"
    assert submission.service_account is not None
    assert submission.service_account.assurance_level == "STORK-QAA-Level-1"
    assert [file.name for file in files.stored] == ["XML-Datensatz (Rohform).xml"]
