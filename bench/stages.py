"""What an event costs a stage function once it is warm: CPU time and memory."""

from bench.events import waiting
from bench.figures import Figure
from bench.functions import Functions
from bench.load import Load, in_turns, run
from bench.processes import FunctionProcess
from bench.servers import Environment

EVENTS = 1700
LEFT_FOR_COLD_STARTS = 50
WARM_UP = 100
CONNECTIONS = 8
CPU_BUDGET = 3.0
MEMORY_BUDGETS = {"route": 2.0, "assign": 2.0, "forward": 3.0}


def stages(functions: Functions, environment: Environment) -> list[Figure]:
    """Each function moves its cases on, so that the next one has events of its own."""
    figures: list[Figure] = []
    for name, memory_budget in MEMORY_BUDGETS.items():
        if not functions.exists(name):
            continue
        with environment.connection() as conn:
            events = waiting(conn, name, EVENTS)[:-LEFT_FOR_COLD_STARTS]
        with functions.start_empty(name) as empty:
            empty_cpu, empty_memory, _ = _measured(empty, events)
        with functions.start(name) as function:
            cpu, memory, load = _measured(function, events)
        figures += [
            Figure(
                f"CPU per event, {name}",
                cpu / empty_cpu,
                CPU_BUDGET,
                "x",
                f"{cpu * 1e6:.0f} us / {empty_cpu * 1e6:.0f} us of the empty function; "
                f"{load.requests} events over {CONNECTIONS} connections, "
                f"{load.per_second:.0f} per second",
            ),
            Figure(
                f"warm memory, {name}",
                memory / empty_memory,
                memory_budget,
                "x",
                f"{memory:.0f} MiB / {empty_memory:.0f} MiB of the empty function; "
                "PSS of master and worker",
            ),
        ]
    return figures


def _measured(process: FunctionProcess, events: list[bytes]) -> tuple[float, float, Load]:
    """CPU seconds per event, MiB, and what was sent."""
    process.first_answer(events[0])
    _send(process, events[1:WARM_UP])
    before = process.cpu_seconds()
    load = _send(process, events[WARM_UP:])
    return (process.cpu_seconds() - before) / load.requests, process.memory_mib(), load


def _send(process: FunctionProcess, events: list[bytes]) -> Load:
    load = run(process.port, in_turns(events, CONNECTIONS), connections=CONNECTIONS)
    load.require_success()
    return load
