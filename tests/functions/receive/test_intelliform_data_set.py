"""intelliForm's data set: its fields, and the login data that is not kept."""

from dataclasses import replace

import pytest

from shared.domain.submission import FieldKind, PartDigest
from tests.functions.receive.bodies import LIMITS, FilesInMemory
from tests.functions.receive.deposits import (
    DATA_SET,
    LOGIN,
    TOKENS,
    File,
    a_data_set,
    a_deposit,
)
from tests.functions.receive.intelliform_reading import deliver, fields, refusal, submit


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
