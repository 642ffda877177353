"""JSON from a sender: exact where it is good, refused where it is not."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.receive.refusal import Refused
from functions.receive.strict_json import read_strictly
from shared.domain.exact_json import NumberLiteral, RepeatedMembers, write_json


def read(data: bytes, max_depth: int = 60) -> Any:
    return read_strictly(data, max_depth=max_depth, place="$")


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read(data)
    return caught.value


@pytest.mark.parametrize("literal", ["1E400", "-0", "1" * 5000, "0.10", "1e-999", "-1.5E+07"])
def test_a_number_keeps_every_digit(literal: str) -> None:
    tree = read(f"[{literal}]".encode())
    assert tree == [literal]
    assert isinstance(tree[0], NumberLiteral)
    assert write_json(tree) == f"[{literal}]"


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.recursive(
        st.none() | st.booleans() | _TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
        max_leaves=20,
    )
)
def test_what_is_written_reads_back_the_same(tree: Any) -> None:
    assert read(write_json(tree).encode()) == tree


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_read_but_never_breaks(data: bytes) -> None:
    with contextlib.suppress(Refused):
        read(data)


@pytest.mark.parametrize(
    "data", [b"NaN", b"[Infinity]", b"[-Infinity]", b"[" * 100_000, b"\xff", b"", b"\xef\xbb\xbf"]
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    assert refusal(data).status == 400


def test_nesting_has_a_limit() -> None:
    assert read(b"[" * 60 + b"]" * 60)
    assert refusal(b"[" * 61 + b"]" * 61).code == "json-too-deep"


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udc00x", r"\uDFFF"])
def test_text_that_cannot_be_stored_is_refused_with_its_place(escape: str) -> None:
    refused = refusal(f'{{"a": [{{"b": "x{escape}"}}]}}'.encode())
    assert (refused.status, refused.place) == (422, "$.a[0].b")
    assert refusal(f'{{"x{escape}": 1}}'.encode()).status == 422


def test_escapes_that_only_look_suspicious_are_taken() -> None:
    assert read(rb'["\\u0000", "\ud83d\ude00"]') == ["\\u0000", "\U0001f600"]


def test_a_repeated_member_is_seen() -> None:
    tree = read(b'{"a": {"b": 1, "b": 2}}')
    assert isinstance(tree["a"], RepeatedMembers)
    assert not isinstance(tree, RepeatedMembers)
