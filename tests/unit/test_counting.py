"""Numbers of things, as the commands print them."""

from datetime import timedelta

import pytest

from infra.commands.counting import counted, lasted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "no cases"), (1, "1 case"), (2, "2 cases"), (1234, "1,234 cases")]
)
def test_one_is_not_spoken_of_as_several(number: int, said: str) -> None:
    assert counted(number, "case") == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (119, "1 hour"),
        (24 * 60, "1 day"),
        (60 * 24 * 60, "60 days"),
    ],
)
def test_a_time_is_told_in_its_largest_unit(minutes: int, said: str) -> None:
    assert lasted(timedelta(minutes=minutes)) == said
