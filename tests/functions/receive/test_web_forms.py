"""Bodies of every kind are read into fields: names, order and literals as they were sent."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.receive.refusal import Refused
from shared.domain.submission import AttachmentKind, FieldKind
from tests.functions.receive.bodies import CONTENT_TYPE, LIMITS, FilesInMemory, a_body, a_part
from tests.functions.receive.web_forms import URLENCODED, read, shown, urlencoded

ID = b"transactionId=4711&"


def fields(body: bytes, content_type: str = URLENCODED, **mapping: Any) -> list[Any]:
    return shown(read(body, content_type, **mapping).submission.fields)


def json_fields(tree: Any, **mapping: Any) -> list[Any]:
    body = json.dumps({"transactionId": "4711", **tree}).encode()
    return fields(body, "application/json", **mapping)


def refusal(body: bytes, content_type: str = URLENCODED, **options: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        read(body, content_type, **options)
    return caught.value


def test_urlencoded_fields_keep_their_order_and_repeat() -> None:
    assert fields(ID + b"b=1&a=2&b=3&&leer=&ohne&x=a=b&s=1;t=2") == [
        ("b", "1"),
        ("a", "2"),
        ("b", "3"),
        ("leer", ""),
        ("ohne", ""),
        ("x", "a=b"),
        ("s", "1;t=2"),
    ]


def test_a_plus_is_a_blank_and_an_escaped_one_is_a_plus() -> None:
    assert fields(ID + b"a+b=1+%2B+%252B&c=%26%3D") == [("a b", "1 + %2B"), ("c", "&=")]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_a_charset_may_be_declared_or_sent(charset: str) -> None:
    body = urlencoded(("transactionId", "1"), ("Größe", "Straße ÄÖÜ é"), charset=charset)
    expected = [("Größe", "Straße ÄÖÜ é")]

    assert fields(body, charset=charset) == expected
    assert fields(body, f"{URLENCODED}; charset={charset}", charset="ascii") == expected
    assert fields(body + f"&_charset_={charset}".encode(), charset="ascii") == expected


def test_what_is_no_text_in_its_charset_is_refused_with_the_name_of_its_field() -> None:
    refused = refusal(ID + b"nachname=M%FCller")
    assert (refused.status, refused.code, refused.place) == (422, "text-not-decodable", "nachname")
    assert refusal(ID + b"M%FCller=x").place == "the name of field 2"
    assert refusal(ID + b"a=%81", charset="windows-1252").status == 422
    part = a_part("nachname", b"M\xfcller")
    assert refusal(a_body(a_part("transactionId", "1"), part), CONTENT_TYPE).place == "nachname"


@pytest.mark.parametrize("name", ["utf-16", "klingonisch", ""])
def test_an_unknown_charset_is_refused(name: str) -> None:
    assert refusal(ID, f'{URLENCODED}; charset="{name}"').status == 415
    part = a_part("a", "x", content_type=f'text/plain; charset="{name}"')
    assert refusal(a_body(part), CONTENT_TYPE).status == 415


@pytest.mark.parametrize("value", [b"100%", b"%4", b"%zz", b"%u00e4"])
def test_half_an_escape_is_refused(value: bytes) -> None:
    refused = refusal(ID + b"rabatt=" + value)
    assert (refused.status, refused.code, refused.place) == (422, "bad-escape", "rabatt")


def test_nul_is_refused_in_every_kind_of_body() -> None:
    parts = a_body(a_part("transactionId", "1"), a_part("a", b"x\0"))
    for refused in (
        refusal(ID + b"a=%00"),
        refusal(parts, CONTENT_TYPE),
        refusal(b'{"transactionId": "1", "a": "\\u0000"}', "application/json"),
    ):
        assert (refused.status, refused.code) == (422, "text-not-storable")


def test_json_becomes_groups_and_rows_and_keeps_literals() -> None:
    text = b'{"transactionId": "1", "n": 1.50, "b": true, "e": null, "g": {"x": "y", "leer": {}}, '
    delivery = read(text + b'"k": [{"n": "A"}, "B", []]}', "application/json")

    assert shown(delivery.submission.fields) == [
        ("n", "1.50"),
        ("b", "true"),
        ("e", None),
        ("g", [("x", "y"), ("leer", [])]),
        ("k", [("1", [("n", "A")]), ("2", "B"), ("3", [])]),
    ]
    kinds = [field.kind for field in delivery.submission.fields]
    assert kinds == ["number", "boolean", "empty", "group", "group"]
    assert [field.extra for field in delivery.submission.fields[3:]] == [{}, {"array": True}]


def test_json_in_another_charset_is_read() -> None:
    body = '{"transactionId": "1", "ort": "Lübeck"}'.encode("iso-8859-1")
    assert fields(body, "application/json; charset=iso-8859-1") == [("ort", "Lübeck")]
    assert refusal(body, "application/json").status == 400


@pytest.mark.parametrize("root", [b"[]", b'"x"', b"1", b"null"])
def test_the_root_of_json_is_an_object(root: bytes) -> None:
    assert refusal(root, "application/json").status == 422


def test_a_member_that_stands_twice_is_refused_where_it_would_be_lost() -> None:
    refused = refusal(b'{"transactionId": "1", "g": {"a": 1, "a": 2}}', "application/json")
    assert (refused.status, refused.place) == (422, "$.g")


def test_xml_becomes_groups_with_what_stands_beside() -> None:
    body = (
        '<antrag xmlns="urn:musterstadt" nr="7"><transactionId>1</transactionId>'
        '<person art="nat">Text<name>Müller</name><leer/></person></antrag>'
    ).encode("iso-8859-1")
    submission = read(b'<?xml version="1.0" encoding="iso-8859-1"?>' + body, "text/xml").submission

    assert shown(submission.fields) == [("person", [("name", "Müller"), ("leer", "")])]
    assert submission.fields[0].extra == {
        "attributes": {"art": "nat"},
        "namespace": "urn:musterstadt",
        "text": ["Text"],
    }
    assert submission.control_extra == {
        "root": "{urn:musterstadt}antrag",
        "attributes": {"nr": "7"},
    }


def test_parts_with_a_file_name_are_files_and_empty_inputs_are_none() -> None:
    files = FilesInMemory()
    body = a_body(
        a_part("pdf", b"%PDF", "Antrag.pdf", "application/pdf"),
        a_part("transactionId", "4711"),
        a_part("leer", b"", ""),
        a_part("namenlos", b"x", ""),
        a_part("nachweis", b"1", "../eins.txt"),
        a_part("ort", "Lübeck".encode("cp1252"), content_type="text/plain; charset=windows-1252"),
        a_part(None, "ohne Namen"),
    )

    delivery = read(body, CONTENT_TYPE, files=files, representations=["pdf"])

    assert shown(delivery.submission.fields) == [("ort", "Lübeck"), ("", "ohne Namen")]
    assert delivery.submission.flags == ("field-unnamed",)
    assert [(file.kind, file.name, file.flags) for file in files.stored] == [
        (AttachmentKind.REPRESENTATION, "Antrag.pdf", ()),
        (AttachmentKind.ATTACHMENT, "namenlos-4", ("file-name-missing",)),
        (AttachmentKind.ATTACHMENT, "eins.txt", ("file-name-changed",)),
    ]


def test_the_original_of_a_multipart_form_reads_as_the_form_did() -> None:
    body = a_body(
        a_part("transactionId", "1"),
        a_part('a"b\\', b"M\xfcller"),
        a_part("f", b"secret bytes", 'eins".txt'.replace('"', '\\"')),
    )
    delivery = read(body, CONTENT_TYPE, charset="iso-8859-1")
    assert delivery.original is not None
    assert delivery.original_media_type is not None
    assert b"secret bytes" not in delivery.original

    again = read(delivery.original, delivery.original_media_type)

    assert again.submission == delivery.submission
    assert again.original == delivery.original


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=1&csrf=t0ken&b=2&transactionId=1", URLENCODED),
        (
            a_body(
                a_part("transactionId", "1"),
                a_part("csrf", "t0ken"),
                a_part("csrf", "t0ken", "t0ken.txt"),
                a_part("a", "1"),
                a_part("b", "2"),
            ),
            CONTENT_TYPE,
        ),
        (b'{"a": "1", "csrf": ["t0ken"], "b": "2", "transactionId": "1"}', "application/json"),
        (
            b"<f><a>1</a><csrf>t0ken</csrf><b>2</b><transactionId>1</transactionId></f>",
            "application/xml",
        ),
    ],
)
def test_what_is_ignored_is_stored_nowhere(body: bytes, content_type: str) -> None:
    files = FilesInMemory()

    delivery = read(body, content_type, files=files, ignore=["csrf"])

    assert shown(delivery.submission.fields) == [("a", "1"), ("b", "2")]
    assert b"t0ken" not in (delivery.original or b"")
    assert files.stored == []
    if content_type != CONTENT_TYPE:
        assert delivery.digest is not None
        assert delivery.digest.sha256 == hashlib.sha256(body).hexdigest()


def test_text_behind_an_ignored_element_stays() -> None:
    body = b"<f><csrf>t</csrf>eins<transactionId>1</transactionId><csrf>t</csrf>zwei<a/></f>"
    delivery = read(body, "text/xml", ignore=["csrf"])

    assert delivery.submission.control_extra["text"] == ["eins", "zwei"]
    assert delivery.original is not None
    assert b"zwei<a" in delivery.original


def test_without_anything_ignored_the_original_is_byte_for_byte() -> None:
    body = ID + b"&a=1&"
    delivery = read(body, URLENCODED, ignore=["csrf"], charset="iso-8859-1")
    assert delivery.original == body
    assert delivery.original_media_type == f"{URLENCODED}; charset=iso8859-1"


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/pdf"])
def test_another_kind_of_body_is_refused_with_the_kinds_there_are(content_type: str) -> None:
    refused = refusal(ID, content_type)
    assert refused.status == 415
    assert "application/json" in refused.headers["Accept"]
    assert refusal(b"<a/>", "text/xml", platform="webhook").status == 415


def test_limits_hold_in_every_kind_of_body() -> None:
    few = replace(LIMITS, fields=3, form=200, field_length=20, parts=1, depth=8)
    form = [a_part(f"f{n}", "x") for n in range(4)]
    file = a_part("f", "x", "a.txt")
    deep = b'{"a": {"a": {"a": {"a": {}}}}}'
    for body, content_type, code in (
        (b"a&b&c&d", URLENCODED, "too-many-fields"),
        (b"a=" + b"x" * 200, URLENCODED, "too-large"),
        (ID + b"a=" + b"x" * 21, URLENCODED, "text-too-long"),
        (a_body(*form), CONTENT_TYPE, "too-many-fields"),
        (a_body(a_part("a", "x" * 201)), CONTENT_TYPE, "too-large"),
        (a_body(a_part("n" * 201, "x")), CONTENT_TYPE, "too-large"),
        (a_body(file, file), CONTENT_TYPE, "too-many-parts"),
        (b'{"a": [1, 2, 3]}', "application/json", "too-many-fields"),
        (deep, "application/json", "json-too-deep"),
        (b"<a><b><c><d><e/></d></c></b></a>", "text/xml", "xml-too-deep"),
        (b"<a><b/><b/><b/><b/></a>", "text/xml", "too-many-fields"),
        (ID + b"a.b.c.d.e.f=1", URLENCODED, "too-deep"),
    ):
        refused = refusal(body, content_type, limits=few, group_separator=".")
        assert refused.code == code, body


def test_kinds_are_text_unless_declared() -> None:
    kinds = {"n": "number", "d": "date", "b": "boolean", "x": "number"}
    body = ID + b"n=12.50&d=1980-02-29&b=true&x=1.234,00&t=12"
    submission = read(body, URLENCODED, kinds=kinds).submission

    assert [field.kind for field in submission.fields] == [
        FieldKind.NUMBER,
        FieldKind.DATE,
        FieldKind.BOOLEAN,
        FieldKind.TEXT,
        FieldKind.TEXT,
    ]
    assert submission.flags == ("kind-not-as-declared",)
