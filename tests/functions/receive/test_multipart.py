"""Multipart bodies, whole and broken, read in pieces of any size."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.receive.multipart import RELATED, MultipartLimits, boundary_of, read_parts
from functions.receive.part_headers import Part, parse_part
from functions.receive.refusal import Refused
from tests.functions.receive.bodies import BOUNDARY, CONTENT_TYPE, a_body, a_part

LIMITS = MultipartLimits(parts=5, part=100_000)


class Collected:
    def __init__(self, part: Part) -> None:
        self.part = part
        self.data = b""
        self.state = "open"

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"


class Pieces:
    """A stream that hands out what it is asked for in pieces of its own size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body = io.BytesIO(body)
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._body.read(min(size, self._size))


def read(
    body: bytes,
    limits: MultipartLimits = LIMITS,
    piece: int = 65536,
    opened: list[Collected] | None = None,
) -> list[Collected]:
    parts = [] if opened is None else opened

    def open_part(part: Part) -> Collected:
        parts.append(Collected(part))
        return parts[-1]

    read_parts(Pieces(body, piece), CONTENT_TYPE, limits, open_part)
    return parts


def refusal(body: bytes, limits: MultipartLimits = LIMITS) -> Refused:
    with pytest.raises(Refused) as caught:
        read(body, limits)
    return caught.value


@given(
    contents=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    piece=st.integers(min_value=1, max_value=200),
)
def test_every_byte_of_every_part_arrives_however_the_body_is_cut(
    contents: list[bytes], piece: int
) -> None:
    body = a_body(*(a_part(f"p{at}", content) for at, content in enumerate(contents)))

    parts = read(body, piece=piece)

    assert [part.data for part in parts] == contents
    assert [part.part.name for part in parts] == [f"p{at}" for at in range(len(contents))]
    assert {part.state for part in parts} == {"closed"}


@given(cut=st.integers(min_value=1, max_value=200))
def test_a_body_that_breaks_off_is_refused_and_its_open_part_is_aborted(cut: int) -> None:
    body = a_body(a_part("a", "content"), a_part("b", "more content"))
    closing = len(f"--{BOUNDARY}--\r\n")
    opened: list[Collected] = []

    with pytest.raises(Refused) as caught:
        read(body[: max(0, len(body) - closing - cut)], opened=opened)

    assert caught.value.status == 400
    assert all(part.state in ("closed", "aborted") for part in opened)


def test_a_body_without_its_final_boundary_is_refused() -> None:
    body = a_body(a_part("a", "content"))
    assert refusal(body.removesuffix(b"--\r\n")).code == "malformed-multipart"


def test_limits_are_answered_with_413() -> None:
    assert refusal(a_body(*[a_part("a", "")] * 6)).code == "too-many-parts"
    assert refusal(a_body(a_part("a", b"x" * 100_001))).status == 413


def test_endless_headers_are_refused() -> None:
    many = b"".join(b"X-Header-%d: 1\r\n" % number for number in range(50))
    assert refusal(a_body(many + b"\r\ncontent")).status == 400
    assert refusal(a_body(b"X-Header: " + b"x" * 10_000 + b"\r\n\r\ncontent")).status == 400


def test_a_header_or_parameter_that_stands_twice_is_refused() -> None:
    twice = b'Content-Disposition: form-data; name="a"\r\n' * 2
    assert refusal(a_body(twice + b"\r\ncontent")).code == "malformed-part-header"
    names = b'Content-Disposition: form-data; name="a"; name="b"\r\n\r\ncontent'
    assert refusal(a_body(names)).code == "malformed-part-header"


def test_content_that_does_not_match_its_transfer_encoding_is_refused() -> None:
    headers = b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n'
    assert refusal(a_body(headers + b"\r\nVGVzd")).status == 400


@pytest.mark.parametrize(
    ("disposition", "name", "file_name"),
    [
        ('form-data; name="a"; filename="b.pdf"', "a", "b.pdf"),
        ("form-data; name=a; filename=b.pdf", "a", "b.pdf"),
        ('form-data;name="a;b";filename="c;d.pdf"', "a;b", "c;d.pdf"),
        (r'form-data; name="a"; filename="say \"hi\".pdf"', "a", 'say "hi".pdf'),
        (r'form-data; name="a"; filename="C:\temp\x.pdf"', "a", r"C:\temp\x.pdf"),
        ("form-data; name=a; filename=x; filename*=UTF-8''%C3%84rger.pdf", "a", "Ärger.pdf"),
        ("form-data; name=a; filename*=iso-8859-1'de'%C4rger.pdf", "a", "Ärger.pdf"),
        ("form-data; name=a; filename=x; filename*=utf-8''%FF", "a", "x"),
        ("form-data; name=a; filename=x; filename*=koi8-r''%C4", "a", "x"),
        ('form-data; name="Größe"', "Größe", None),
        ('form-data; name=""', None, None),
        ("form-data", None, None),
        ("", None, None),
    ],
)
def test_names_are_read_as_senders_write_them(
    disposition: str, name: str | None, file_name: str | None
) -> None:
    part = parse_part(1, [(b"Content-Disposition", disposition.encode())])
    assert (part.name, part.file_name) == (name, file_name)


def test_a_name_in_latin_1_is_understood() -> None:
    part = parse_part(1, [(b"Content-Disposition", 'form-data; name="Größe"'.encode("latin-1"))])
    assert part.name == "Größe"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 415),
        ("application/json", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ('multipart/form-data; boundary=""', 400),
        ("multipart/form-data; boundary=" + "x" * 71, 400),
        ("multipart/form-data; boundary=a\rb", 400),
        ("multipart/form-data; boundary=ä", 400),
    ],
)
def test_a_bad_content_type_is_refused(content_type: str | None, status: int) -> None:
    with pytest.raises(Refused) as caught:
        boundary_of(content_type)
    assert caught.value.status == status


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=abc",
        'Multipart/Form-Data; charset=utf-8; boundary="abc"',
        "multipart/form-data;BOUNDARY=abc; charset=utf-8",
    ],
)
def test_the_boundary_is_found(content_type: str) -> None:
    assert boundary_of(content_type) == b"abc"


def test_parts_of_a_related_body_are_known_by_their_content_id() -> None:
    body = a_body(
        b"Content-ID: <root@example>\r\n\r\n<a/>", b"content-id: plain\r\n\r\nx", b"\r\ny"
    )
    content_type = CONTENT_TYPE.replace("form-data", "related")
    parts: list[Collected] = []

    def open_part(part: Part) -> Collected:
        parts.append(Collected(part))
        return parts[-1]

    read_parts(Pieces(body, 7), content_type, LIMITS, open_part, RELATED)

    assert [part.part.content_id for part in parts] == ["root@example", "plain", None]
    assert [part.data for part in parts] == [b"<a/>", b"x", b"y"]


@pytest.mark.parametrize("other", [CONTENT_TYPE, "multipart/related-not; boundary=a", None])
def test_a_body_of_another_multipart_type_is_refused(other: str | None) -> None:
    with pytest.raises(Refused) as caught:
        boundary_of(other, RELATED)

    assert caught.value.status == 415
