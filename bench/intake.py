"""Applications per second, each durable before it is answered."""

import os

from bench.applications import application, applications
from bench.figures import Figure
from bench.functions import Functions
from bench.load import Load, run
from bench.pgbench import inserts_per_second
from bench.processes import FunctionProcess
from bench.servers import Environment

SECONDS = 8.0
CONNECTIONS = 16


def intake(functions: Functions, environment: Environment) -> list[Figure]:
    inserts = inserts_per_second(environment.database.owner_url(), CONNECTIONS, SECONDS)
    with functions.start_empty("receive") as empty:
        yardstick = _rate(empty)
        empty_memory = empty.memory_mib()
    with functions.start("receive") as receive:
        before = receive.cpu_seconds()
        load = _rate(receive)
        cpu = (receive.cpu_seconds() - before) / load.requests
        memory = receive.memory_mib()
    return [
        Figure(
            "intake without files, durable",
            load.per_second / yardstick.per_second,
            0.5,
            "x",
            f"{load.per_second:.0f} / {yardstick.per_second:.0f} requests per second of the empty "
            f"function; {CONNECTIONS} connections, {cpu * 1e6:.0f} us of CPU each; "
            f"{load.per_second / inserts:.2f} x the {inserts:.0f} inserts per second of pgbench",
            at_most=False,
        ),
        Figure(
            "warm memory, receive",
            memory / empty_memory,
            3.0,
            "x",
            f"{memory:.0f} MiB / {empty_memory:.0f} MiB of the empty function; "
            "PSS of master and worker",
        ),
    ]


def intake_with_files(functions: Functions) -> list[Figure]:
    files = [os.urandom(100_000), os.urandom(100_000)]
    with functions.start_empty("receive") as empty:
        yardstick = _rate(empty, files)
    with functions.start("receive") as receive:
        load = _rate(receive, files)
    return [
        Figure(
            "intake with two 100 kB files, durable",
            load.per_second / yardstick.per_second,
            None,
            "x",
            f"{load.per_second:.0f} / {yardstick.per_second:.0f} requests per second of the empty "
            f"function, which reads them; {CONNECTIONS} connections",
        )
    ]


def _rate(process: FunctionProcess, files: list[bytes] | None = None) -> Load:
    process.first_answer(application(files))
    for seconds in (1.0, SECONDS):
        load = run(
            process.port, lambda _: applications(files), connections=CONNECTIONS, seconds=seconds
        )
        load.require_success()
    return load
