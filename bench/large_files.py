"""What large files take of memory: nothing that grows with them."""

import os
import threading
from dataclasses import dataclass
from itertools import chain

from bench.applications import application, large_application
from bench.figures import Figure
from bench.functions import Functions
from bench.processes import FunctionProcess

MIB = 2**20
GIB = 2**30
_LIMITS = {"MAX_REQUEST_BYTES": str(2 * GIB), "MAX_FILE_BYTES": str(2 * GIB)}


@dataclass(frozen=True)
class _Case:
    name: str
    size: int
    at_once: int
    budget: float


_CASES = (
    _Case("100 MB file", 100 * MIB, 1, 32),
    _Case("1 GB file", GIB, 1, 32),
    _Case("eight 1 GB files at once", GIB, 8, 128),
)


def large_files(functions: Functions) -> list[Figure]:
    return [_measure(case, functions) for case in _CASES]


def _measure(case: _Case, functions: Functions) -> Figure:
    with functions.start("receive", _LIMITS) as receive:
        for _ in range(3):
            receive.first_answer(application([os.urandom(20_000)]))
        receive.forget_peak()
        before = receive.peak_mib()
        _send(receive, case)
        after = receive.peak_mib()
    return Figure(
        f"{case.name}, growth of memory",
        after - before,
        case.budget,
        "MiB",
        f"the worker's resident size: {before:.0f} MiB warm with small files, at most "
        f"{after:.0f} MiB during {case.at_once} of {case.size // MIB} MiB",
    )


def _send(receive: FunctionProcess, case: _Case) -> None:
    failed: list[Exception] = []

    def send() -> None:
        head, body = large_application(case.size)
        try:
            receive.send_in_pieces(chain([head], body))
        except Exception as exc:  # noqa: BLE001 - raised below, where it is not lost with the thread
            failed.append(exc)

    threads = [threading.Thread(target=send) for _ in range(case.at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
