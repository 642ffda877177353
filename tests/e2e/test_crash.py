"""The crash test in short; `make crash-test` is the long one."""

import pytest

from tests.crash.__main__ import describe, sound
from tests.crash.breaks import Break
from tests.crash.run import crash_run

pytestmark = pytest.mark.timeout(300)


def test_nothing_is_lost_while_everything_is_killed() -> None:
    report = crash_run(seed=3, count=40, kills=1)

    assert sound(report, 1), describe(report)


@pytest.mark.parametrize("broken", Break)
def test_a_broken_promise_is_noticed(broken: Break) -> None:
    report = crash_run(seed=5, count=40, kills=2, broken=broken)

    assert report.verdict.lost or report.verdict.stuck, describe(report)
