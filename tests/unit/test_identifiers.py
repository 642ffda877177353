"""Ids that are computed, and the number that people read out."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identifiers import (
    CaseId,
    SenderId,
    case_id,
    event_id,
    format_case_number,
    is_leika_key,
    parse_case_number,
)

sequences = st.integers(min_value=1, max_value=10**17)


def test_the_same_delivery_always_gets_the_same_case() -> None:
    sender = SenderId("formserver")

    assert case_id(sender, "T-1") == case_id(sender, "T-1")
    assert case_id(sender, "T-1") != case_id(sender, "T-2")
    assert case_id(sender, "T-1") != case_id(SenderId("other"), "T-1")


def test_the_computed_id_of_a_case_never_changes() -> None:
    assert str(case_id(SenderId("formserver"), "T-1")) == "0783b08f-a212-59a9-af2b-801f4c9147c7"


def test_the_same_step_of_a_case_always_gets_the_same_event_id() -> None:
    case = CaseId(uuid4())

    assert event_id(case, "a", 1) == event_id(case, "a", 1)
    assert len({event_id(case, "a", 1), event_id(case, "a", 2), event_id(case, "b", 1)}) == 3


@given(sequences)
def test_a_number_read_out_leads_back_to_its_case(sequence: int) -> None:
    number = format_case_number(sequence)

    assert parse_case_number(number) == sequence
    assert parse_case_number(number.replace("-", " ")) == sequence
    assert parse_case_number(f" {number.replace('-', '')}\n") == sequence


@given(sequences, st.data())
def test_one_wrong_digit_is_noticed(sequence: int, data: st.DataObject) -> None:
    digits = format_case_number(sequence).replace("-", "")
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))

    with pytest.raises(ValueError, match="mistyped"):
        parse_case_number(digits[:place] + wrong + digits[place + 1 :])


@given(sequences, st.data())
def test_two_neighbours_swapped_are_noticed(sequence: int, data: st.DataObject) -> None:
    digits = format_case_number(sequence).replace("-", "")
    place = data.draw(st.integers(0, len(digits) - 2))
    first, second = digits[place], digits[place + 1]
    swapped = digits[:place] + second + first + digits[place + 2 :]

    if first != second:
        with pytest.raises(ValueError, match="mistyped"):
            parse_case_number(swapped)


@pytest.mark.parametrize("text", ["", "0", "hello", "100-017x", "\u0661\u0660", "1" * 40])
def test_what_cannot_be_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a case number"):
        parse_case_number(text)


def test_a_number_is_grouped_from_its_end() -> None:
    assert [len(group) for group in format_case_number(100_017).split("-")] == [3, 4]
    assert [len(group) for group in format_case_number(1_000_017).split("-")] == [4, 4]


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("99050012104000", True),
        ("99050012104", False),
        ("98050012104000", False),
        ("99050012104000\n", False),
        ("9905001210400O", False),
        ("99\u066050012104000", False),
    ],
)
def test_a_service_key_is_99_and_twelve_more_digits(key: str, valid: bool) -> None:
    assert is_leika_key(key) is valid
