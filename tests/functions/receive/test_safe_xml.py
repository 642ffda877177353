"""XML from senders: read in pieces, and nothing but elements, attributes and text."""

from pathlib import Path

import pytest

from functions.receive.refusal import Refused
from functions.receive.safe_xml import XmlReader, read_xml


class Collected:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.seen.append(f"<{name} {attributes}>")

    def data(self, text: str) -> None:
        self.seen.append(text)

    def end(self, name: str) -> None:
        self.seen.append(f"</{name}>")


def refusal(data: bytes, max_depth: int = 20) -> str:
    with pytest.raises(Refused) as caught:
        read_xml(data, max_depth=max_depth, place="part 1")
    assert caught.value.status == 400
    assert caught.value.place == "part 1"
    return caught.value.code


def test_names_tell_their_namespace() -> None:
    handler = Collected()
    reader = XmlReader(handler, max_depth=9)
    for byte in '<a xmlns="urn:x" xmlns:t="urn:t" t:id="1" n="ü"><b/>x</a>'.encode():
        reader.feed(bytes([byte]))
    reader.close()

    assert "".join(handler.seen) == (
        "<{urn:x}a {'{urn:t}id': '1', 'n': 'ü'}><{urn:x}b {}></{urn:x}b>x</{urn:x}a>"
    )


def test_the_encoding_of_the_transport_counts_more_than_the_documents() -> None:
    handler = Collected()
    reader = XmlReader(handler, max_depth=9, encoding="ISO-8859-1")

    reader.feed('<?xml version="1.0" encoding="utf-8"?><a>ü</a>'.encode("latin-1"))
    reader.close()

    assert handler.seen[1] == "ü"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_umlauts_survive_in_every_usual_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>Fördetal</a>'

    assert read_xml(text.encode(encoding), max_depth=9).text == "Fördetal"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed-xml"),
        (b"<a>", "malformed-xml"),
        (b"<a/>x", "malformed-xml"),
        (b"<a>\0</a>", "malformed-xml"),
        (b"<a>&nbsp;</a>", "malformed-xml"),
        (b"<a>&#xD800;</a>", "malformed-xml"),
        (b'<?xml version="1.0" encoding="x-nowhere"?><a/>', "malformed-xml"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "malformed-xml"),
        (b'<?xml version="1.0" encoding="base64"?><a/>', "malformed-xml"),
        (b"<!DOCTYPE a><a/>", "xml-doctype"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml-doctype"),
        (b"<a>" * 21 + b"</a>" * 21, "xml-too-deep"),
        (b"<a>" + b"<b/>" * 100_000 + b"</a>", "xml-too-large"),
    ],
)
def test_what_is_no_plain_xml_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("beginning", [b'<a b="', b"<a><!--", b"<a><?x ", b"<"])
def test_a_tag_that_never_ends_is_given_up(beginning: bytes) -> None:
    reader = XmlReader(Collected(), max_depth=9)
    reader.feed(beginning)

    with pytest.raises(Refused, match="malformed-xml"):
        list(map(reader.feed, [b"x" * 65_536] * 100))


def test_every_bomb_is_refused_before_it_goes_off(reference_data: Path) -> None:
    bombs = [
        file
        for file in sorted((reference_data / "hostile/xml").glob("*.xml"))
        if b"<!DOCTYPE" in file.read_bytes()
    ]
    assert len(bombs) > 5

    for file in bombs:
        assert refusal(file.read_bytes()) == "xml-doctype", file.name
