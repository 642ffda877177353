"""XML of an operator's own: the example of the docs, every conversion, what is refused."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import ValidationError

from functions.forward.destination import Contents, NotDelivered, Refused
from functions.forward.formats.mapped_xml import pack_mapped_xml, write_mapped_xml
from functions.forward.means import Means
from shared.domain.configuration.destinations import Destination
from shared.domain.configuration.xml_mapping import MappedXml
from shared.domain.submission import FieldKind, FormField
from tests.functions.forward.rigs import contents_with

REPOSITORY = Path(__file__).parents[3]
PAGE = (REPOSITORY / "docs/destinations.md").read_text().partition("## XML of your own")[2]
XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="antrag"><xs:complexType><xs:sequence>
    <xs:element name="umsatz" type="xs:decimal"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""


def text(name: str, value: str | None) -> FormField:
    return FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)


def group(name: str, *items: FormField) -> FormField:
    return FormField(name=name, label=name, kind=FieldKind.GROUP, items=items)


FORM = (
    group("person", text("name", "Ágnes Ø. Muster"), text("geburtsdatum", "1990-02-01")),
    text("umsatz", "1.234,50"),
    text("art", "Ummeldung"),
    group("betriebe", text("ort", "Süderbrarup")),
    group("betriebe", text("ort", "Kappeln")),
    text("leer", "  "),
)


@pytest.fixture
def case(four_files: Contents) -> Contents:
    one = four_files.attachments[0].model_copy(update={"name": "Lageplan.pdf"})
    return with_fields(replace(four_files, attachments=[one]), FORM)


def with_fields(contents: Contents, fields: tuple[FormField, ...]) -> Contents:
    submission = contents.submission.model_copy(update={"fields": fields})
    return replace(contents, submission=submission)


def mapping(*elements: dict[str, Any], **more: Any) -> MappedXml:
    given = {"format": "xml", "root": "antrag", "elements": list(elements), **more}
    return MappedXml.model_validate(given)


def written(contents: Contents, *elements: dict[str, Any], **more: Any) -> str:
    document = write_mapped_xml(contents, mapping(*elements, **more)).decode()
    canonical: str = etree.canonicalize(document.partition("?>")[2], strip_text=True)
    return canonical


def test_the_example_of_the_docs_gives_what_they_show(case: Contents, means: Means) -> None:
    (declared,) = tomllib.loads(PAGE.partition("```toml")[2].partition("```")[0])["destinations"]
    shown = PAGE.partition("```xml\n")[2].partition("```")[0]
    contents = Destination.model_validate(declared).settings.model_dump()["contents"]
    made = MappedXml.model_validate({**contents, "xsd": None})

    found = write_mapped_xml(case, made).decode().partition("?>\n")[2]

    found = re.sub("<sha256>[0-9a-f]{64}</sha256>", "<sha256>…</sha256>", found)
    found = found.replace(case.case.number, "100-0015")
    assert found == shown


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"name": "a", "constant": "x"}, "<a>x</a>"),
        ({"name": "a", "field": "person.name"}, "<a>Ágnes Ø. Muster</a>"),
        ({"name": "a", "field": "leer"}, ""),
        ({"name": "a", "field": "gibt es nicht"}, ""),
        ({"name": "a", "field": "umsatz", "decimal": True}, "<a>1234.50</a>"),
        ({"name": "a", "field": "art", "words": {"Ummeldung": "U"}}, "<a>U</a>"),
        ({"name": "a", "field": "art", "words": {"Neu": "N"}, "otherwise": "?"}, "<a>?</a>"),
        ({"name": "a", "elements": [{"name": "b", "field": "leer"}]}, ""),
        ({"name": "a", "from_case": "sender"}, "<a>formserver</a>"),
    ],
)
def test_an_element_holds_what_it_is_said_to(
    case: Contents, element: dict[str, Any], expected: str
) -> None:
    assert written(case, element) == f"<antrag>{expected}</antrag>"


@pytest.mark.parametrize(
    ("element", "about"),
    [
        ({"name": "a", "field": "leer", "required": True}, "a (from leer)"),
        ({"name": "a", "elements": [{"name": "b", "field": "leer"}], "required": True}, "a (from"),
        ({"name": "a", "field": "person.name", "decimal": True}, "cannot be converted"),
        ({"name": "a", "field": "person.name", "date": "%Y"}, "cannot be converted"),
        ({"name": "a", "field": "art", "words": {"Neu": "N"}}, "cannot be converted"),
    ],
)
def test_what_is_missing_is_named_and_no_value_is(
    case: Contents, element: dict[str, Any], about: str
) -> None:
    with pytest.raises(Refused, match="mapping_incomplete") as refused:
        written(case, element)

    assert about in (refused.value.reason or "")
    assert "Muster" not in (refused.value.reason or "")


@pytest.mark.parametrize(
    ("elements", "told"),
    [
        ([], "at least 1 item"),
        ([{"name": "a"}], "takes one of constant"),
        ([{"name": "a", "constant": "x", "field": "y"}], "takes one of constant"),
        ([{"name": "1a", "constant": "x"}], "String should match"),
        ([{"name": "a", "attribute": True, "elements": [{"name": "b", "constant": "x"}]}], "no el"),
        ([{"name": "a", "for_each": "g", "constant": "x"}], "what has elements"),
        ([{"name": "a", "from_file": "path"}], "within for_each_file"),
        ([{"name": "a", "constant": "x", "date": "heute"}], "a date's format"),
        ([{"name": "a", "constant": "x", "otherwise": "y"}], "belongs to words"),
        ([{"name": "a", "konstant": "x"}], "Extra inputs"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(elements: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        mapping(*elements)


def test_the_document_is_the_last_part_after_the_files(case: Contents, means: Means) -> None:
    packed = pack_mapped_xml(case, mapping({"name": "a", "constant": "x"}), means)

    assert [part.path for part in packed.parts] == [
        "original",
        "files/1_Lageplan.pdf",
        "antrag.xml",
    ]


def test_what_does_not_keep_to_the_operators_schema_is_not_sent(
    case: Contents, means: Means, tmp_path: Path
) -> None:
    (tmp_path / "antrag.xsd").write_text(XSD)
    strict = replace(means, schemas_root=tmp_path)
    right = mapping({"name": "umsatz", "field": "umsatz", "decimal": True}, xsd="antrag.xsd")
    wrong = mapping({"name": "umsatz", "field": "person.name"}, xsd="antrag.xsd")

    assert pack_mapped_xml(case, right, strict).parts
    with pytest.raises(Refused, match="invalid_message") as refused:
        pack_mapped_xml(case, wrong, strict)

    assert "umsatz" in (refused.value.reason or "")
    assert "Muster" not in (refused.value.reason or "")
    with pytest.raises(NotDelivered, match="no_schemas"):
        pack_mapped_xml(case, right, means)


@settings(max_examples=100, deadline=None)
@given(value=st.text())
def test_any_text_makes_a_document_that_reads_back(value: str) -> None:
    contents = with_fields(_SHARED, (text("a", value),))
    made = mapping({"name": "a", "field": "a"}, {"name": "b", "attribute": True, "field": "a"})

    document = write_mapped_xml(contents, made)

    assert document == write_mapped_xml(contents, made)
    etree.fromstring(document)


class _NoStore:
    def writer(self, key: str) -> "_NoStore":
        return self

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


_SHARED = contents_with(_NoStore(), {})  # type: ignore[arg-type]
