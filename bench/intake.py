"""Applications per second, each durable before it is answered, and what a large file takes."""

import os
from itertools import chain

from bench.applications import application, applications, large_application
from bench.figures import Figure
from bench.functions import Functions
from bench.load import Load, run
from bench.pgbench import inserts_per_second
from bench.processes import FunctionProcess
from bench.servers import Environment

SECONDS = 8.0
CONNECTIONS = 16
LARGE = 100 * 2**20


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


def large_file(functions: Functions) -> list[Figure]:
    with functions.start("receive") as receive:
        for _ in range(3):
            receive.first_answer(application([os.urandom(20_000)]))
        receive.forget_peak()
        before = receive.peak_mib()
        head, body = large_application(LARGE)
        receive.send_in_pieces(chain([head], body))
        after = receive.peak_mib()
    return [
        Figure(
            "100 MB file, growth of memory",
            after - before,
            32,
            "MiB",
            f"the worker's resident size: {before:.0f} MiB warm with small files, at most "
            f"{after:.0f} MiB during one file of {LARGE // 2**20} MiB",
        )
    ]


def _rate(process: FunctionProcess) -> Load:
    process.first_answer(application())
    for seconds in (1.0, SECONDS):
        load = run(process.port, lambda _: applications(), connections=CONNECTIONS, seconds=seconds)
        load.require_success()
    return load
