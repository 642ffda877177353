"""When a destination is left alone, and when a person is told."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.configuration.destinations import Breaker
from shared.domain.destination_standing import FEW, HeldBy, Standing
from shared.domain.identifiers import DestinationId, TenantId

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
BREAKER = Breaker(failures=3, first_pause_seconds=30, max_pause_seconds=100)
NEW = Standing(tenant=TenantId("foerdetal"), destination=DestinationId("akte"))
WELL = NEW.model_copy(update={"answered_at": NOW})


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failed(standing: Standing, times: int = 1, at: datetime = NOW) -> Standing:
    for _ in range(times):
        standing = standing.after_failure(at, "http_503", BREAKER)
    return standing


def test_what_is_well_lets_through_as_many_as_it_may_have_at_once() -> None:
    assert [WELL.holds(sending, 2, NOW) for sending in range(3)] == [None, None, HeldBy.LIMIT]


def test_to_what_has_never_answered_or_failed_last_one_goes_at_a_time() -> None:
    for standing in (NEW, failed(WELL)):
        assert [standing.holds(sending, 4, NOW) for sending in (0, 1)] == [None, HeldBy.LIMIT]


def test_after_some_failures_in_a_row_it_is_left_alone_for_a_while() -> None:
    assert failed(WELL, 2).holds(0, 4, NOW) is None
    assert failed(WELL, 3).holds(0, 4, later(29)) is HeldBy.BREAKER


def test_after_that_one_at_a_time_is_let_through() -> None:
    standing = failed(WELL, 3)

    assert standing.holds(0, 4, later(30)) is None
    assert standing.holds(1, 4, later(30)) is HeldBy.BREAKER


def test_each_time_it_is_left_alone_for_longer_up_to_a_limit() -> None:
    standing, at, pauses = failed(WELL, 3), NOW, []
    for _ in range(4):
        assert standing.open_until is not None
        pauses.append((standing.open_until - at).total_seconds())
        at = standing.open_until
        standing = failed(standing, at=at)

    assert pauses == [30, 60, 100, 100]


def test_what_was_under_way_when_it_opened_does_not_open_it_further() -> None:
    standing = failed(WELL, 3)

    assert failed(standing, 3, later(5)).open_until == standing.open_until


def test_one_that_arrives_ends_it() -> None:
    standing = failed(WELL, 3).after_arrival(later(31))

    assert (standing.failures, standing.open_until) == (0, None)
    assert standing.holds(3, 4, later(31)) is None


def test_a_refusal_shows_that_it_is_there() -> None:
    standing = failed(WELL, 3).after_refusal(later(31), "http_422")

    assert standing.holds(0, 4, later(31)) is None


def test_a_person_can_pause_it_whatever_else() -> None:
    assert failed(WELL, 3).model_copy(update={"paused_at": NOW}).holds(0, 4, NOW) is HeldBy.PAUSE


def test_a_person_is_told_when_it_is_left_alone() -> None:
    assert failed(WELL, 3).is_alarming(BREAKER)
    assert not failed(WELL, 2).is_alarming(BREAKER)


@pytest.mark.parametrize("every", [2, 3])
def test_a_person_is_told_when_too_much_fails_though_never_in_a_row(every: int) -> None:
    breaker = Breaker(alarm_rate=0.4)
    standing = WELL
    for number in range(60):
        if number % every:
            standing = standing.after_arrival(NOW)
        else:
            standing = standing.after_failure(NOW, "timeout", breaker)

    assert standing.is_alarming(breaker) is (every == 2)


def test_refusals_count_for_that_as_well() -> None:
    standing = WELL
    for _ in range(FEW):
        standing = standing.after_refusal(NOW, "http_422")

    assert standing.is_alarming(BREAKER)


def test_a_few_answers_say_nothing_of_a_rate() -> None:
    assert not WELL.after_refusal(NOW, "http_422").is_alarming(BREAKER)


def test_an_alarm_ends_only_when_it_is_well_for_some_time() -> None:
    standing = failed(WELL, 12, later(1000)).after_arrival(later(5000))
    assert not standing.is_well(BREAKER)

    for _ in range(40):
        standing = standing.after_arrival(later(5000))

    assert standing.is_well(BREAKER)
