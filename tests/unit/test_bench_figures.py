"""How measured figures are held against their budgets."""

import json
from pathlib import Path

from bench.figures import Figure, table, verdict, write_json

FAST = Figure("cold start", 1.5, 1.6, "x", "150 ms / 100 ms")
SLOW = Figure("cold start", 1.7, 1.6, "x", "170 ms / 100 ms")
RATE = Figure("intake", 0.6, 0.5, "x", "600 / 1000", at_most=False)


def test_a_figure_meets_its_budget_up_to_and_including_the_limit() -> None:
    assert FAST.met
    assert not SLOW.met
    assert Figure("cold start", 1.6, 1.6, "x", "").met


def test_a_rate_has_to_reach_its_budget() -> None:
    assert RATE.met
    assert not Figure("intake", 0.4, 0.5, "x", "", at_most=False).met


def test_a_missed_budget_is_printed_as_missed() -> None:
    lines = table([FAST, SLOW, RATE]).splitlines()

    assert "met" in lines[1]
    assert "MISSED" in lines[2]
    assert ">= 0.5 x" in lines[3]


def test_the_last_line_counts_the_budgets() -> None:
    assert verdict([FAST, SLOW, RATE]) == "budgets: 2 met, 1 missed"


def test_the_file_has_every_figure_with_its_conditions(tmp_path: Path) -> None:
    file = tmp_path / "results" / "latest.json"

    write_json([FAST, SLOW], {"cores": "2"}, file)

    written = json.loads(file.read_text())
    assert written["conditions"] == {"cores": "2"}
    assert [figure["met"] for figure in written["figures"]] == [True, False]
