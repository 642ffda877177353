"""intelliForm over SOAP: from the envelope to a Submission and its files."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.receive.delivery import Delivery
from functions.receive.platforms.intelliform import read
from functions.receive.refusal import Refused
from shared.domain.configuration.intelliform import FormDefaults, Intelliform
from shared.domain.configuration.senders import Sender, TrustedNetwork
from shared.domain.submission import AttachmentKind, FieldKind, FormField, PartDigest, Submission
from tests.functions.receive.bodies import LIMITS, ArrivalInMemory, FilesInMemory, a_body
from tests.functions.receive.deposits import (
    DATA_SET,
    LOGIN,
    MTOM,
    PDF,
    TOKENS,
    XML,
    File,
    a_data_set,
    a_deposit,
    an_envelope,
    as_mtom,
    as_part,
    content_part,
    root_part,
)

SENDER = Sender(
    id="afm", platform="intelliform", authentication=TrustedNetwork(kind="trusted_network")
)


def deliver(
    body: str | bytes,
    content_type: str = XML,
    files: FilesInMemory | None = None,
    settings: Intelliform | None = None,
    limits: Any = LIMITS,
) -> Delivery:
    data = body.encode() if isinstance(body, str) else body
    sender = SENDER.model_copy(update={"intelliform": settings})
    arrival = ArrivalInMemory(io.BytesIO(data), content_type, sender)
    return read(arrival, files or FilesInMemory(), limits)


def submit(*files: File, **more: Any) -> Submission:
    settings = more.pop("settings", None)
    return deliver(a_deposit(*files, **more), settings=settings).submission


def fields(content: str, *others: File) -> tuple[FormField, ...]:
    return submit(replace(DATA_SET, content=a_data_set(content)), *others).fields


def refusal(body: str | bytes, content_type: str = XML, limits: Any = LIMITS) -> Refused:
    with pytest.raises(Refused) as caught:
        deliver(body, content_type, limits=limits)
    return caught.value


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


def test_every_element_is_a_field_in_the_forms_order() -> None:
    found = fields("<ort>Förde</ort><leer/><blank> </blank><ort>zwei</ort>")

    assert [(field.name, field.value, field.kind) for field in found] == [
        ("ort", "Förde", FieldKind.TEXT),
        ("leer", None, FieldKind.EMPTY),
        ("blank", " ", FieldKind.TEXT),
        ("ort", "zwei", FieldKind.TEXT),
    ]


def test_groups_files_and_money_are_read() -> None:
    file, group, fee = fields(
        '<file content-type="application/pdf" id="assistants.1" length="7">Plan.pdf</file>\n'
        "<hunde>\n <hunde-item><name>Rex</name></hunde-item>"
        " <hunde-item><name>Bello</name></hunde-item>\n</hunde>"
        '<steuer currency="EUR">120.50</steuer>'
    )

    assert (file.value, file.extra["length"]) == ("Plan.pdf", "7")
    assert group.kind is FieldKind.GROUP
    assert [row.items[0].value for row in group.items] == ["Rex", "Bello"]
    assert (fee.kind, fee.value, fee.extra) == (FieldKind.NUMBER, "120.50", {"currency": "EUR"})


def test_types_labels_and_shown_texts_are_kept() -> None:
    found = fields(
        '<ja a:type="boolean" label="Ich &lt;b&gt;stimme&lt;/b&gt; zu'
        '&lt;script&gt;x&lt;/script&gt;">true</ja>'
        '<tag a:type="date">2027-02-28</tag><kein_tag a:type="date">2027-02-30</kein_tag>'
        '<land a:type="string" a:label="Deutschland">DE</land>'
    )

    assert [(field.kind, field.value) for field in found] == [
        (FieldKind.BOOLEAN, "true"),
        (FieldKind.DATE, "2027-02-28"),
        (FieldKind.TEXT, "2027-02-30"),
        (FieldKind.TEXT, "DE"),
    ]
    assert found[0].label == "Ich stimme zu"
    assert found[2].extra == {"type": "date"}
    assert found[3].extra == {"display": "Deutschland"}


def test_the_raw_form_tells_types_and_shown_texts_of_the_same_values() -> None:
    raw = a_data_set(
        '<land a:type="string" a:label="Deutschland">DE</land><ja a:type="boolean">true</ja>'
        '<rasse a:label="Dackel">1</rasse><verborgen/>'
    )
    ja, land, rasse = fields(
        "<ja>true</ja><land>DE</land><rasse>2</rasse>", replace(DATA_SET, content=raw, name="Roh")
    )

    assert ja.kind is FieldKind.BOOLEAN
    assert land.extra == {"display": "Deutschland"}
    assert rasse.extra == {}


def test_text_between_elements_is_kept_and_flagged() -> None:
    submission = submit(replace(DATA_SET, content=a_data_set("<a>vor<b>1</b>nach</a>")))

    assert submission.fields[0].extra == {"text": ["vor", "nach"]}
    assert submission.fields[0].items[0].value == "1"
    assert "mixed-content" in submission.flags


def test_login_data_is_removed_but_for_what_the_case_needs() -> None:
    sent = a_data_set("<user><bPK>urn:bpk:geheim</bPK></user><ort>Förde</ort>", LOGIN)
    files = FilesInMemory()
    again = replace(DATA_SET, content=sent)

    delivery = deliver(a_deposit(again, again), files=files)

    submission = delivery.submission
    assert delivery.original is not None
    everything = repr(submission).encode() + delivery.original + files.stored[0].data.getvalue()
    assert [token for token in TOKENS if token.encode() in everything] == []
    assert [field.name for field in submission.fields] == ["ort"]
    assert submission.service_account is not None
    assert submission.service_account.type == "BayernID"
    assert submission.service_account.assurance_level == "STORK-QAA-Level-3"
    assert submission.service_account.mailbox is not None
    assert submission.service_account.mailbox.identifier == "postkorb-4711"
    assert submission.control_extra["user"] == {
        "display_name": "Erika Muster",
        "given_name": "Erika",
        "surname": "Muster",
    }
    assert submission.flags == ("login-data-removed", "representation-missing")
    assert delivery.sent == files.stored[0].sent == PartDigest.of(sent)
    assert b"<ort>F\xc3\xb6rde</ort></hundesteuer>" in delivery.original


@pytest.mark.parametrize("name", ["saml_eid_citizen_qaa_level", "qaaLevel", "saml_authlevel"])
def test_the_assurance_level_is_known_in_its_spellings(name: str) -> None:
    account = submit(
        replace(DATA_SET, content=a_data_set(login={name: "STORK-QAA-Level-4"}))
    ).service_account

    assert account is not None
    assert account.assurance_level == "STORK-QAA-Level-4"


def test_a_group_of_the_form_that_is_called_user_stays() -> None:
    (user,) = fields("<user><surname>Muster</surname><hund>Rex</hund></user>")

    assert [item.value for item in user.items] == ["Muster", "Rex"]


def test_a_data_set_without_login_data_is_kept_byte_for_byte() -> None:
    delivery = deliver(a_deposit())

    assert (delivery.original, delivery.sent) == (DATA_SET.content, None)


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


def test_a_data_set_too_large_to_be_read_is_refused_and_other_xml_is_streamed() -> None:
    limits = replace(LIMITS, form=3000)
    plan = File(b"<plan>" + b"x" * 5000, "upload", "Plan.gml", "text/xml")
    files = FilesInMemory()
    large = replace(DATA_SET, content=a_data_set("<a>" + "x" * 3000 + "</a>"))

    deliver(a_deposit(DATA_SET, plan), files=files, limits=limits)

    assert files.stored[0].data.getvalue() == plan.content
    assert refusal(a_deposit(large), limits=limits).code == "too-large"
    unmarked = replace(DATA_SET, content=plan.content)
    assert refusal(a_deposit(unmarked), limits=limits).status == 413


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
