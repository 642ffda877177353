"""A mapping turns a free form into a submission, and takes out what is no field of it."""

import json
from typing import Any

import pytest

from functions.receive.refusal import Refused
from shared.domain.submission import Submission
from tests.functions.receive.bodies import LIMITS
from tests.functions.receive.web_forms import URLENCODED, read, shown


def submit(body: bytes, content_type: str = URLENCODED, **options: Any) -> Submission:
    return read(body, content_type, **options).submission


def refusal(body: bytes, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        submit(body, **options)
    assert caught.value.status == 422
    return caught.value


def test_control_data_comes_from_fields_and_constants() -> None:
    submission = submit(
        b"vorgang=4711&formular=hund&ars=010515163003&leika=99102013104000,+99102013105000"
        b"&stelle=197008&qaa=STORK-QAA-Level-3&postfach=p-1&nachname=Muster",
        transaction_id={"field": "vorgang"},
        form_id={"field": "formular"},
        form_name={"constant": "Hundesteuer"},
        leika_keys={"field": "leika"},
        region={"field": "ars", "keep": True},
        named_unit={"field": "stelle"},
        service_account={
            "type": {"constant": "BundID"},
            "assurance_level": {"field": "qaa"},
            "mailbox": {"field": "postfach"},
            "mailbox_type": {"constant": "Citizen"},
        },
    )

    assert submission.transaction_id == "4711"
    assert (submission.form_id, submission.form_name) == ("hund", "Hundesteuer")
    assert submission.leika_keys == ("99102013104000", "99102013105000")
    assert (submission.region, submission.named_unit) == ("010515163003", "197008")
    account = submission.service_account
    assert account is not None
    assert (account.type, account.assurance_level) == ("BundID", "STORK-QAA-Level-3")
    assert account.mailbox is not None
    assert (account.mailbox.identifier, account.mailbox.type) == ("p-1", "citizen")
    assert shown(submission.fields) == [("ars", "010515163003"), ("nachname", "Muster")]


def test_a_field_within_groups_is_found_by_its_path() -> None:
    body = {"meta": {"id": 4711, "leika": ["99102013104000", "kein"]}, "a.b": "x", "c": "y"}
    submission = submit(
        json.dumps(body).encode(),
        "application/json",
        transaction_id={"field": "meta.id"},
        leika_keys={"field": "meta.leika"},
        form_id={"field": "a.b"},
    )

    assert (submission.transaction_id, submission.form_id) == ("4711", "x")
    assert submission.leika_keys == ("99102013104000", "kein")
    assert submission.flags == ("leika-key-malformed",)
    assert shown(submission.fields) == [("meta", []), ("c", "y")]


def test_an_id_may_come_in_a_header() -> None:
    source = {"header": "x-vorgang"}
    submission = submit(b"a=1", transaction_id=source, headers={"x-vorgang": "4711"})
    assert submission.transaction_id == "4711"
    assert refusal(b"a=1", transaction_id=source).place == "header x-vorgang"


@pytest.mark.parametrize("body", [b"a=1", b"transactionId=", b"transactionId=+"])
def test_without_an_id_the_sender_is_told_how_to_send_one(body: bytes) -> None:
    refused = refusal(body)
    assert refused.code == "transaction-id-missing"
    assert "Send it in the field transactionId." in refused.detail


def test_a_webhook_without_an_id_is_told_of_its_header() -> None:
    refused = refusal(b"a=1", platform="webhook")
    assert "webhook-id" in refused.detail


def test_an_id_has_a_longest_length() -> None:
    assert submit(b"transactionId=" + b"x" * 255).transaction_id == "x" * 255
    assert refusal(b"transactionId=" + b"x" * 256).code == "text-too-long"


def test_what_is_said_in_two_ways_is_refused() -> None:
    assert submit(b"transactionId=1&transactionId=1").transaction_id == "1"
    refused = refusal(b"transactionId=1&transactionId=2")
    assert (refused.code, refused.place) == ("several-values", "transactionId")


def test_a_group_is_no_value() -> None:
    with pytest.raises(Refused) as caught:
        submit(b'{"transactionId": {"a": 1}}', "application/json")
    assert caught.value.code == "wrong-type"


@pytest.mark.parametrize(
    ("said", "is_test"),
    [("true", True), ("on", True), ("Ja", True), ("", False), ("0", False), ("nein", False)],
)
def test_a_test_is_marked_in_words_that_cannot_be_mistaken(said: str, is_test: bool) -> None:
    body = f"transactionId=1&probe={said}".encode()
    assert submit(body, is_test={"field": "probe"}).is_test is is_test


def test_any_other_word_for_a_test_is_refused() -> None:
    assert refusal(b"transactionId=1&probe=vielleicht", is_test={"field": "probe"}).place == "probe"


def test_labels_are_found_by_the_names_that_are_sent() -> None:
    submission = submit(
        b"transactionId=1&p.n=Muster&p.k.a=1&x=2&p.v=Erika&.y=3&z.=4",
        group_separator=".",
        labels={"p": "Person", "p.n": "Nachname", "p.k": "Kind", "x": "X"},
    )

    assert shown(submission.fields) == [
        ("p", [("n", "Muster"), ("k", [("a", "1")])]),
        ("x", "2"),
        ("p", [("v", "Erika")]),
        (".y", "3"),
        ("z.", "4"),
    ]
    person, x, *_ = submission.fields
    assert [person.label, x.label] == ["Person", "X"]
    assert [item.label for item in person.items] == ["Nachname", "Kind"]


def test_groups_by_name_and_groups_that_were_sent_share_one_depth() -> None:
    deepest = LIMITS.depth // 2
    for sent, separators, fits in ((9, deepest - 8, True), (9, deepest - 7, False)):
        name = ".".join(["n"] * (separators + 1))
        tree = b'{"transactionId": "1", "%b": %b%b}' % (name.encode(), b"[" * sent, b"]" * sent)
        if fits:
            submit(tree, "application/json", group_separator=".")
        else:
            with pytest.raises(Refused, match="too-deep"):
                submit(tree, "application/json", group_separator=".")


def test_labels_of_rows_are_those_of_their_members() -> None:
    body = b'{"transactionId": "1", "kinder": [{"name": "A"}, {"name": "B"}]}'
    submission = submit(
        body, "application/json", labels={"kinder": "Kinder", "kinder.name": "Name"}
    )

    (children,) = submission.fields
    assert children.label == "Kinder"
    assert [row.label for row in children.items] == ["1", "2"]
    assert [row.items[0].label for row in children.items] == ["Name", "Name"]
