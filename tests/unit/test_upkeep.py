"""What the timer brings: one thing after the other, each whatever became of the others."""

from structlog.testing import capture_logs

from functions.assign.upkeep import Upkeep
from shared.domain.errors import Unavailable


def test_what_goes_wrong_in_one_step_is_not_the_next_ones() -> None:
    done = []

    def breaks(deadline: float) -> None:
        raise RuntimeError("Berta Beispiel")

    def is_away(deadline: float) -> None:
        raise Unavailable("postgres")

    steps = {"one": breaks, "two": is_away, "three": lambda _: done.append("three")}
    with capture_logs() as logged:
        Upkeep(steps, seconds=10).run()

    assert done == ["three"]
    assert [(line["event"], line["step"]) for line in logged] == [
        ("upkeep_failed", "one"),
        ("upkeep_deferred", "two"),
    ]
    assert "Berta" not in str(logged)


def test_each_step_has_its_share_of_the_time_whatever_the_one_before_took() -> None:
    left: list[float] = []
    clock = iter([100.0, 108.0])  # the first of them has taken more than its share

    def step(deadline: float) -> None:
        left.append(deadline)

    Upkeep({"one": step, "two": step}, seconds=10, clock=lambda: next(clock)).run()

    assert left == [105.0, 113.0]


def test_there_is_one_run_at_a_time_and_a_next_one() -> None:
    runs = []

    def once_more(deadline: float) -> None:
        runs.append(deadline)
        upkeep.run()

    upkeep = Upkeep({"one": once_more}, seconds=10)
    upkeep.run()
    upkeep.run()

    assert len(runs) == 2
