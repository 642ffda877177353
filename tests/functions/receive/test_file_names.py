"""File names from outside, made safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.receive.file_names import MAX_BYTES, safe_file_name


@pytest.mark.parametrize(
    ("original", "safe"),
    [
        ("Antrag.pdf", "Antrag.pdf"),
        ("Größennachweis (2).pdf", "Größennachweis (2).pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\Plan.dwg", "Plan.dwg"),
        ("/", "file"),
        ("..", "file"),
        (".bashrc", "bashrc"),
        ("", "file"),
        (None, "file"),
        ("a\0b\nc.pdf", "a_b_c.pdf"),
        ("gpj.\u202efdp.exe", "gpj._fdp.exe"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("name. . ", "name"),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
    ],
)
def test_a_name_is_made_safe(original: str | None, safe: str) -> None:
    assert safe_file_name(original, "file") == safe


@given(st.text())
def test_any_name_becomes_one_that_can_be_stored(original: str) -> None:
    name = safe_file_name(original, "file")
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert not set(name) & set('/\\\0\r\n<>:"|?*')
    assert not name.startswith(".")
    assert safe_file_name(name, "file") == name


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_file_name("ä" * 300 + ".pdf", "file")
    assert name.endswith("ä.pdf")
    assert len(name.encode()) <= MAX_BYTES
