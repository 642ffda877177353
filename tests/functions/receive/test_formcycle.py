"""FORMCYCLE at the running intake: three kinds of bodies, several charsets."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from infra.local.s3 import EmbeddedS3
from shared.domain.submission import FormField
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import NOTHING, Intake
from tests.functions.receive.web_forms import (
    URLENCODED,
    an_intake,
    declared,
    shown,
    stored,
    urlencoded,
)

JSON, XML = "application/json", "text/xml"
PATH = "/formcycle/formulare"
EXAMPLES = Path(__file__).parent / "examples/formcycle"
MAPPING = {
    "form_id": {"field": "formular"},
    "leika_keys": {"constant": "99102013104000"},
    "region": {"field": "ars"},
    "labels": {"halter": "Halterin oder Halter", "halter.nachname": "Nachname"},
    "group_separator": ".",
    "ignore": ["csrf"],
}
FORM = [
    ("hund.name", "Bello"),
    ("hund.rasse", "Mischling"),
    ("halter.nachname", "Müßig"),
    ("halter.ort", "Süderhafen"),
    ("bemerkung", "10 % + 5 € & mehr"),
    ("leer", ""),
]
TREE = [
    ("hund", [("name", "Bello"), ("rasse", "Mischling")]),
    ("halter", [("nachname", "Müßig"), ("ort", "Süderhafen")]),
    ("bemerkung", "10 % + 5 € & mehr"),
    ("leer", ""),
]


@pytest.fixture
def intake(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    senders = (
        declared("formulare", "formcycle", **MAPPING),
        declared("altbestand", "formcycle", charset="windows-1252", **MAPPING),
    )
    with an_intake(database_url, object_store_server, bucket, tmp_path, *senders) as running:
        yield running


def control(transaction_id: str) -> list[tuple[str, str]]:
    return [
        ("transactionId", transaction_id),
        ("formular", "hundesteuer"),
        ("ars", "010515163003"),
        ("csrf", "t0ken"),
    ]


def a_form_in_parts(transaction_id: str, charset: str, *files: bytes) -> bytes:
    pairs = [*control(transaction_id), *FORM]
    return a_body(*(a_part(name, value.encode(charset)) for name, value in pairs), *files)


def in_every_kind_of_body(transaction_id: str, charset: str) -> dict[str, bytes]:
    pairs = [*control(transaction_id), *FORM]
    return {
        URLENCODED: urlencoded(*pairs, charset=charset),
        CONTENT_TYPE: a_form_in_parts(transaction_id, charset),
        "application/json": json.dumps(dict(pairs), ensure_ascii=False).encode(charset),
    }


def test_a_form_is_stored_as_it_was_filled_in(intake: Intake, subtests: pytest.Subtests) -> None:
    charsets = {"formulare": "utf-8", "altbestand": "windows-1252"}
    for (sender, charset), kind in product(charsets.items(), in_every_kind_of_body("", "utf-8")):
        with subtests.test(f"{kind} in {charset}"):
            body = in_every_kind_of_body(kind, charset)[kind]
            status, receipt = intake.post_to(f"/formcycle/{sender}", body, kind)

            assert (status, receipt["transactionId"], receipt["test"]) == (200, kind, False)
            submission = stored(intake, sender, kind)
            assert shown(submission.fields) == TREE
            assert (submission.form_id, submission.region) == ("hundesteuer", "010515163003")
            assert submission.leika_keys == ("99102013104000",)
            assert [field.label for field in submission.fields[1].items] == ["Nachname", "ort"]
    secret = "SELECT count(*) FROM submissions WHERE original LIKE '%t0ken%'"
    assert intake.rows(secret) == [(0,)]


def test_recorded_examples_are_stored(intake: Intake) -> None:
    for file, content_type in (
        ("hundesteuer.urlencoded", URLENCODED),
        ("hundesteuer.json", "application/json"),
        ("hundesteuer.xml", "application/xml"),
        ("hundesteuer.multipart", "multipart/form-data; boundary=formcycle-7f3a"),
    ):
        body = (EXAMPLES / file).read_bytes()
        status, receipt = intake.post_to(PATH, body, content_type)
        assert status == 200, file
        submission = stored(intake, "formulare", receipt["transactionId"])
        assert submission.form_id == "hundesteuer"
        names = [name for name, _ in shown(submission.fields)]
        assert names == ["hund", "halter", "bemerkung"], file
    assert intake.rows("SELECT name FROM attachments") == [("Impfpass.txt",)]


def test_a_repeat_gets_the_first_answer_and_other_content_is_refused(intake: Intake) -> None:
    body = urlencoded(*control("1"), ("a", "x"))
    first = intake.post_to(PATH, body, URLENCODED)

    other_token = body.replace(b"t0ken", b"another")
    assert intake.post_to(PATH, other_token, URLENCODED) == first
    status, problem = intake.post_to(PATH, body.replace(b"a=x", b"a=y"), URLENCODED)
    assert (status, problem["type"]) == (409, "/problems/transaction-id-reused")
    assert intake.count("cases") == 1


def test_a_repeat_in_another_kind_of_body_is_a_repeat(intake: Intake) -> None:
    first = intake.post_to(PATH, urlencoded(*control("1"), *FORM), URLENCODED)

    again = intake.post_to(PATH, a_form_in_parts("1", "utf-8"), CONTENT_TYPE)

    assert again == first


def test_files_rendered_anew_are_a_further_version(intake: Intake) -> None:
    def deliver(content: bytes) -> int:
        body = a_form_in_parts("1", "utf-8", a_part("pdf", content, "a.pdf"))
        return intake.post_to(PATH, body, CONTENT_TYPE)[0]

    assert [deliver(b"once"), deliver(b"anew"), deliver(b"anew")] == [200, 200, 200]
    assert intake.rows("SELECT version FROM attachments ORDER BY version") == [(1,), (2,)]
    assert len(intake.objects()) == 2


def test_refusals_leave_nothing_and_tell_no_value(intake: Intake) -> None:
    file = a_part("nachweis", b"x" * 100_000, "Muster.pdf")
    cases = (
        (a_body(file, a_part("nachname", b"M\xfcller"), a_part("transactionId", "1")), 422),
        (a_body(file, a_part("nachname", "Muster")), 422),
        (a_body(file, a_part("nachname", "Muster"))[:-20], 400),
    )
    for body, expected in cases:
        status, problem = intake.post_to(PATH, body, CONTENT_TYPE)
        assert status == expected
        assert "Muster" not in json.dumps(problem)
    assert intake.post_to(PATH, b"transactionId=1&a=%FF", URLENCODED)[1]["place"] == "a"

    assert intake.left_behind() == NOTHING
    assert "Muster" not in intake.log.read_text()
    assert intake.count("refusals") == 4


def test_what_became_of_a_transaction_is_told(intake: Intake) -> None:
    intake.post_to(PATH, urlencoded(*control("a/b"), ("a", "x")), URLENCODED)
    answer = intake.http.request(
        "GET", f"http://127.0.0.1:{intake.port}{PATH}/transactions/a%2Fb"
    ).json()
    assert (answer["state"], answer["receipt"]["transactionId"]) == ("stored", "a/b")


def test_the_deepest_form_that_may_come_can_be_stored_and_read(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> None:
    settings = {"MAX_DEPTH": "200"}
    grouped = declared("formulare", "formcycle", group_separator=".")
    with an_intake(
        database_url, object_store_server, bucket, tmp_path, grouped, **settings
    ) as intake:
        for id_, body, content_type in (
            ("json", b'{"transactionId":"json","a":%b%b}' % (b"[" * 99, b"]" * 99), JSON),
            (
                "xml",
                b"<f><transactionId>xml</transactionId>%b%b</f>" % (b"<a>" * 99, b"</a>" * 99),
                XML,
            ),
            ("flat", b"transactionId=flat&" + b".".join([b"a"] * 101), URLENCODED),
        ):
            assert intake.post_to(PATH, body, content_type)[0] == 200
            (field,) = stored(intake, "formulare", id_).fields
            assert 99 <= depth_of(field) <= 101


def depth_of(field: FormField) -> int:
    return 1 + max(map(depth_of, field.items), default=0)
