"""What is told from a file's first bytes, and when that contradicts the sender."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.receive.media_types import HEAD, contradict, detect

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(300)


def a_zip(*names: str, media_type: str | None = None) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        if media_type:
            archive.writestr("mimetype", media_type)
        for name in names:
            archive.writestr(name, "content")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("head", "detected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\r\n\r\n%PDF-1.4", "application/pdf"),  # as readers of PDF take it, too
        (PROGRAM, "application/x-msdownload"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "application/x-executable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(30), "image/png"),
        (a_zip("a.txt"), "application/zip"),
        (a_zip("[Content_Types].xml", "_rels/.rels", "word/document.xml"), WORD),
        (
            a_zip("content.xml", media_type="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (b"{\\rtf1 x}", "application/rtf"),
        ("Überweisung\tan\r\n".encode(), "text/plain"),
        ("Überweisung\tan\r\n".encode("latin-1"), "text/plain"),
        (b"BMW fahren", "text/plain"),
        (b"MZ ist Mainz", "text/plain"),
        (b"", None),
        (b"\x00", None),
        (bytes(HEAD), None),
    ],
)
def test_a_type_is_told_from_the_first_bytes(head: bytes, detected: str | None) -> None:
    assert detect(head) == detected


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        ("application/pdf", PROGRAM),
        ("text/plain", PROGRAM),
        ("application/vnd.unknown-to-us", PROGRAM),
        ("application/pdf", b"<html></html>"),
        ("Application/PDF; charset=binary", a_zip("a.txt")),
        ("image/png", b"%PDF-1.7\n"),
        ("application/json", b"\x89PNG\r\n\x1a\n" + bytes(30)),
    ],
)
def test_what_is_certainly_something_else_contradicts(declared: str, head: bytes) -> None:
    assert contradict(declared, detect(head))


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        (None, PROGRAM),
        ("", PROGRAM),
        ("application/octet-stream", PROGRAM),
        ("application/pdf", b""),
        ("application/pdf", b"\x00\x01\x02"),  # not told
        ("APPLICATION/PDF;version=1.7", b"%PDF-1.7\n"),
        ("application/x-msdos-program", PROGRAM),
        ("text/csv", b"a;b\n"),
        ("application/xml", b"<a/>"),
        ("application/fhir+json", b"{}"),
        ("image/svg+xml", b"<svg/>"),
        ("application/vnd.unknown-to-us", b"plain text"),
        (WORD, a_zip("a.txt")),
        ("application/zip", a_zip("[Content_Types].xml", "_rels/.rels", "word/document.xml")),
        ("application/x-zip-compressed", a_zip("a.txt")),
        ("image/jpeg", b"\x89PNG\r\n\x1a\n" + bytes(30)),
        ("not a type at all", b"%PDF-1.7\n"),
    ],
)
def test_what_is_more_specific_or_not_sure_is_no_contradiction(
    declared: str | None, head: bytes
) -> None:
    assert not contradict(declared, detect(head))


@given(st.none() | st.text(), st.binary(max_size=600))
@example("application/pdf", b"PK\x03\x04" + bytes(26))
@example("application/pdf", b"\x00\x00\x00\x18ftyp")
@example("application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
def test_no_bytes_and_no_declared_type_are_an_error(declared: str | None, head: bytes) -> None:
    contradict(declared, detect(head))


@given(
    st.sampled_from(
        [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1aE\xdf\xa3", b"RIFF"]
    ),
    st.binary(max_size=600),
)
def test_what_only_begins_like_a_container_is_no_error(beginning: bytes, rest: bytes) -> None:
    detect(beginning + rest)


def test_a_pdf_is_one_however_broken_it_is(reference_data: Path) -> None:
    heads = [file.read_bytes()[:HEAD] for file in (reference_data / "hostile/pdf").rglob("*.pdf")]

    detected = {head: detect(head) for head in heads}

    begun = [head for head in heads if head.startswith(b"%PDF")]
    assert len(begun) > 30
    assert {detected[head] for head in begun} == {"application/pdf"}
    assert set(detected.values()) <= {"application/pdf", "text/plain", None}
