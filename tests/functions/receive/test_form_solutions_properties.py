"""Whatever a form can produce comes back from Postgres as it was sent."""

import base64
import io
import json
import re
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.receive.platforms.form_solutions.base64_file import Base64File
from functions.receive.platforms.form_solutions.push import read
from functions.receive.platforms.form_solutions.sieve import JsonSieve, Place, StringWriter
from shared.domain.configuration.senders import Sender, TrustedNetwork
from shared.domain.submission import AttachmentKind, FieldKind, FormField
from tests.functions.receive.bodies import LIMITS, ArrivalInMemory, FilesInMemory, StoredFile
from tests.functions.receive.storing import Storing

SENDER = Sender(
    id="forms",
    platform="form_solutions",
    authentication=TrustedNetwork(kind="trusted_network"),
)
# What German forms have, and letters of DIN SPEC 91379 that are several characters.
LETTERS = "abzÄÖÜäöüßẞéčşŁđ" + "M̂ C̨̆ ẉ̈" + " .,-_()/&<>'\"0129§€"

texts = st.one_of(
    st.text(LETTERS, max_size=20), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
).map(lambda text: text.replace("\0", ""))
xml_texts = texts.map(lambda text: re.sub("[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text))
labels = st.text(LETTERS, min_size=1, max_size=12)


def survived(storing: Storing, body: bytes, content_type: str) -> tuple[FormField, ...]:
    """Through the parser into Postgres and out again."""
    arrival = ArrivalInMemory(io.BytesIO(body), content_type, SENDER)
    return storing.there_and_back(read(arrival, FilesInMemory(), LIMITS)).fields


many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def a_leaf(label: str, value: str) -> FormField:
    kind = FieldKind.TEXT if value else FieldKind.EMPTY
    return FormField(name=xml_name(label), label=label, kind=kind, value=value or None)


def a_group(label: str, items: list[FormField]) -> FormField:
    return FormField(name=xml_name(label), label=label, kind=FieldKind.GROUP, items=tuple(items))


def xml_name(label: str) -> str:
    """As .NET writes what is no XML name."""
    plain = re.compile(r"[A-Za-zÄÖÜäöüßé]|(?!^)[-0-9.]|_(?!x[0-9A-Fa-f]{4}_)")
    return "".join(
        character
        if plain.match(label, at) and (at or character not in "-.0129")
        else f"_x{ord(character):04X}_"
        for at, character in enumerate(label)
    )


xml_fields = st.recursive(
    st.builds(a_leaf, labels, xml_texts),
    lambda inner: st.builds(a_group, labels, st.lists(inner, min_size=1, max_size=4)),
    max_leaves=12,
)


def as_xml(field: FormField) -> str:
    inside = "".join(map(as_xml, field.items)) or escape(field.value or "", {"\r": "&#13;"})
    return f"<{field.name}>{inside}</{field.name}>"


@many
@given(fields=st.lists(xml_fields, max_size=6))
def test_every_tree_of_elements_comes_back(fields: list[FormField], storing: Storing) -> None:
    body = f"<form><transId>x</transId>{''.join(map(as_xml, fields))}</form>"

    assert survived(storing, body.encode(), "text/xml") == tuple(fields)


def a_value(name: str, label: str, value: Any) -> FormField:
    kinds = {str: FieldKind.TEXT, bool: FieldKind.BOOLEAN, type(None): FieldKind.EMPTY}
    literal = value if isinstance(value, str | None) else json.dumps(value)
    kind = kinds.get(type(value), FieldKind.NUMBER)
    return FormField(name=name, label=label, kind=kind, value=literal)


def a_list(name: str, label: str, items: list[FormField], unit: str) -> FormField:
    kind, extra = FieldKind.GROUP, {"unit": unit}
    return FormField(name=name, label=label, kind=kind, items=tuple(items), extra=extra)


values = st.one_of(
    texts, st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
json_fields = st.recursive(
    st.builds(a_value, texts, texts, values),
    lambda inner: st.builds(a_list, texts, texts, st.lists(inner, max_size=4), texts),
    max_leaves=12,
)


def as_json(field: FormField) -> dict[str, Any]:
    named = {"name": field.name, "label": field.label}
    if field.kind is FieldKind.GROUP:
        return {**named, "items": [as_json(each) for each in field.items], **field.extra}
    if field.kind is FieldKind.TEXT:
        return {**named, "value": field.value}
    return {**named, "value": json.loads(field.value or "null")}


@many
@given(fields=st.lists(json_fields, max_size=6))
def test_every_list_of_fields_comes_back(fields: list[FormField], storing: Storing) -> None:
    body = json.dumps({"transId": "x", "fields": [as_json(each) for each in fields]})

    assert survived(storing, body.encode(), "application/json") == tuple(fields)


trees = st.recursive(
    st.one_of(texts, st.none(), st.booleans(), st.integers()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@settings(max_examples=200, deadline=None)
@given(tree=trees, size=st.integers(1, 40))
def test_a_sieve_lets_json_pass_as_it_is(tree: Any, size: int) -> None:
    data = json.dumps({"a": tree}).encode()
    sieve = JsonSieve(lambda place, members: None, limit=100_000, max_depth=60)

    for piece in in_pieces(data, size):
        sieve.feed(piece)

    assert bytes(sieve.rest) == data


@settings(max_examples=200, deadline=None)
@given(
    before=trees,
    contents=st.lists(st.tuples(labels, st.binary(max_size=60)), max_size=4),
    size=st.integers(1, 40),
)
def test_a_sieve_takes_the_files_out_however_the_answer_is_cut(
    before: Any, contents: list[tuple[str, bytes]], size: int
) -> None:
    encoded = [
        {"name": name, "content": base64.encodebytes(data).decode()} for name, data in contents
    ]
    text = json.dumps({"before": before, "attachments": encoded, "after": 1})
    # As some servers write it.
    data = text.replace("/", "\\/").replace("+", "\\u002B").encode()
    taken: list[tuple[StoredFile, Base64File]] = []

    def open_string(place: Place, members: dict[str, str]) -> StringWriter | None:
        if len(place) != 3 or place[::2] != ("attachments", "content"):
            return None
        file = StoredFile(AttachmentKind.ATTACHMENT, members["name"], None, None, ())
        taken.append((file, Base64File(file, 1000, "x")))
        return taken[-1][1].write

    sieve = JsonSieve(open_string, limit=100_000, max_depth=60)
    for piece in in_pieces(data, size):
        sieve.feed(piece)
    for _, decoder in taken:
        decoder.close()

    assert [(file.name, file.data.getvalue()) for file, _ in taken] == contents
    rest = json.loads(bytes(sieve.rest))
    assert rest["before"] == before
    assert [each["content"] for each in rest["attachments"]] == [True] * len(contents)
