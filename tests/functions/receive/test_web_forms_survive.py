"""Any form that a body can carry comes back from Postgres as it was put in."""

from collections.abc import Callable
from itertools import count
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.receive.delivery import Delivery
from shared.domain.exact_json import NumberLiteral, write_json
from shared.domain.submission import FieldKind, FormField, Submission
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.storing import Storing
from tests.functions.receive.web_forms import URLENCODED, read, urlencoded

Keep = Callable[[Delivery], Submission]

# DIN SPEC 91379 has letters of several code points, and some beyond the basic plane's Latin.
LATIN = 'aäöüßÄÖÜẞéčŁŧC̆ḑ̇ḏ̣K̄Œſ€ \t\n&=+%;."\\<>'
STORABLE = st.characters(codec="utf-8", exclude_characters="\0")
TEXT = st.text(st.sampled_from(LATIN) | STORABLE, max_size=12)
NAME = TEXT.filter(lambda name: name not in ("transactionId", "_charset_"))
PAIRS = st.lists(st.tuples(NAME, TEXT), max_size=6)
SINGLE_BYTE = st.text(st.sampled_from(bytes(range(1, 256)).decode("iso-8859-1")), max_size=12)
ELEMENT = st.sampled_from(["name", "Straße", "größe", "a-b.c_d"])
XML_TEXT = st.text(
    st.sampled_from(LATIN) | st.characters(codec="utf-8", exclude_categories=("Cc", "Cn")),
    max_size=12,
)
ELEMENTS = st.recursive(
    st.lists(st.tuples(ELEMENT, XML_TEXT), min_size=1, max_size=3),
    lambda inner: st.lists(st.tuples(ELEMENT, inner | XML_TEXT), min_size=1, max_size=3),
    max_leaves=8,
)
NUMBER = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True
)
VALUES = st.none() | st.booleans() | NUMBER.map(NumberLiteral) | TEXT
TREES = st.dictionaries(
    NAME,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # ids differ, so it may be shared
)
EVENT = "application/cloudevents+json"
_numbers = count(1)


@pytest.fixture
def keep(storing: Storing) -> Keep:
    """Stores a delivery as the intake does, and reads it back."""
    return storing.there_and_back


def an_id() -> str:
    return f"form-{next(_numbers)}"


def flat(pairs: list[tuple[str, str]]) -> tuple[FormField, ...]:
    return tuple(
        FormField(name=name, label=name, kind=FieldKind.TEXT, value=value) for name, value in pairs
    )


def in_fields(name: str, value: Any) -> FormField:
    """What a JSON value is as a field, said once more."""
    kind, text, extra = FieldKind.GROUP, None, {}
    items: tuple[FormField, ...] = ()
    if isinstance(value, dict):
        items = tuple(in_fields(member, inner) for member, inner in value.items())
    elif isinstance(value, list):
        items = tuple(in_fields(str(at + 1), inner) for at, inner in enumerate(value))
        extra = {"array": True}
    elif value is None:
        kind = FieldKind.EMPTY
    elif isinstance(value, bool):
        kind, text = FieldKind.BOOLEAN, str(value).lower()
    elif isinstance(value, NumberLiteral):
        kind, text = FieldKind.NUMBER, str(value)
    else:
        kind, text = FieldKind.TEXT, value
    return FormField(name=name, label=name, kind=kind, value=text, items=items, extra=extra)


@QUICK
@given(pairs=PAIRS)
def test_urlencoded_forms_survive(keep: Keep, pairs: list[tuple[str, str]]) -> None:
    body = urlencoded(("transactionId", an_id()), *pairs)
    assert keep(read(body, URLENCODED)).fields == flat(pairs)


@QUICK
@given(pairs=st.lists(st.tuples(SINGLE_BYTE.filter(bool), SINGLE_BYTE), max_size=6))
def test_forms_in_a_charset_of_single_bytes_survive(
    keep: Keep, pairs: list[tuple[str, str]]
) -> None:
    body = urlencoded(("transactionId", an_id()), *pairs, charset="iso-8859-1")
    assert keep(read(body, URLENCODED, charset="iso-8859-1")).fields == flat(pairs)

    parts = [a_part("transactionId", an_id())]
    parts += [a_part("name", value.encode("iso-8859-1")) for _, value in pairs]
    found = keep(read(a_body(*parts), CONTENT_TYPE, charset="iso-8859-1")).fields
    assert found == flat([("name", value) for _, value in pairs])


@QUICK
@given(pairs=st.lists(st.tuples(NAME.filter(str.isprintable), TEXT), max_size=6))
def test_forms_in_parts_survive(keep: Keep, pairs: list[tuple[str, str]]) -> None:
    parts = [a_part("transactionId", an_id())]
    for name, value in pairs:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        parts.append(a_part(quoted, value))

    assert keep(read(a_body(*parts), CONTENT_TYPE)).fields == flat(pairs)


@QUICK
@given(tree=TREES)
def test_forms_in_json_survive(keep: Keep, tree: dict[str, Any]) -> None:
    body = write_json({"transactionId": an_id(), **tree}).encode()
    expected = tuple(in_fields(name, value) for name, value in tree.items())
    assert keep(read(body, "application/json")).fields == expected


@QUICK
@given(tree=TREES)
def test_forms_in_events_survive(keep: Keep, tree: dict[str, Any]) -> None:
    event = {"specversion": "1.0", "id": an_id(), "source": "/s", "type": "t", "data": tree}
    delivery = read(write_json(event).encode(), EVENT, platform="webhook")
    expected = tuple(in_fields(name, value) for name, value in tree.items())
    assert keep(delivery).fields == expected


@QUICK
@given(tree=ELEMENTS)
def test_forms_in_xml_survive(keep: Keep, tree: list[Any]) -> None:
    root = Element("form")
    SubElement(root, "transactionId").text = an_id()
    expected = [in_xml(root, name, value) for name, value in tree]

    assert keep(read(tostring(root, "utf-8"), "text/xml")).fields == tuple(expected)


def in_xml(parent: Element, name: str, value: Any) -> FormField:
    element = SubElement(parent, name)
    if isinstance(value, str):
        element.text = value
        return FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
    items = tuple(in_xml(element, child, inner) for child, inner in value)
    return FormField(name=name, label=name, kind=FieldKind.GROUP, items=items)
