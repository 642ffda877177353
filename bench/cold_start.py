"""From the start of a process to its first answer: what the first caller waits."""

import os
from dataclasses import dataclass
from statistics import median

from bench.applications import application
from bench.events import waiting
from bench.figures import Figure
from bench.functions import Functions
from bench.processes import FunctionProcess
from bench.servers import Environment

RUNS = 9


@dataclass(frozen=True)
class _Start:
    name: str
    budget: float
    function: str
    requests: list[bytes]


def cold_starts(functions: Functions, environment: Environment) -> list[Figure]:
    """Interleaved, so that what else the machine does falls on all of them alike."""
    starts = _starts(functions, environment)
    empty: list[float] = []
    seconds: dict[str, list[float]] = {start.name: [] for start in starts}
    for run in range(RUNS):
        empty.append(_first_answer(functions.start_empty("route"), starts[0].requests[run]))
        for start in starts:
            process = functions.start(start.function)
            seconds[start.name].append(_first_answer(process, start.requests[run]))
    yardstick = median(empty)
    return [
        Figure(
            f"cold start, {start.name}",
            median(seconds[start.name]) / yardstick,
            start.budget,
            "x",
            f"{median(seconds[start.name]) * 1000:.0f} ms / {yardstick * 1000:.0f} ms of the empty "
            f"function; medians of {RUNS}, first event to its 200",
        )
        for start in starts
    ]


def _first_answer(process: FunctionProcess, request: bytes) -> float:
    with process:
        return process.first_answer(request)


def _starts(functions: Functions, environment: Environment) -> list[_Start]:
    file = os.urandom(20_000)
    starts = [
        _Start("receive", 1.6, "receive", [application() for _ in range(RUNS)]),
        _Start("receive with a file", 2.5, "receive", [application([file]) for _ in range(RUNS)]),
    ]
    budgets = {"route": 1.6, "assign": 1.6, "forward": 2.5}
    with environment.connection() as conn:
        for name, budget in budgets.items():
            if functions.exists(name):
                starts.append(_Start(name, budget, name, waiting(conn, name, RUNS)))
    return starts
