"""Measure against the budgets: `make bench`. Exits 0 also when a budget is missed.

With `--full` only the directory, at the federal one's size: `make bench-full`.
"""

import os
import platform
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

from bench.assigning import assigning
from bench.cold_start import RUNS, cold_starts
from bench.directory import FULL, USUAL, directory
from bench.environment import ROOT, runtime_environment
from bench.figures import Figure, table, verdict, write_json
from bench.forwarding import forwarding
from bench.functions import Functions
from bench.intake import intake, intake_with_files
from bench.large_files import large_files
from bench.latency import latency
from bench.processes import FUNCTION_CORE, OTHER_CORE
from bench.servers import running
from bench.stages import stages

RESULTS = ROOT / "bench" / "results" / "latest.json"
RESULTS_FULL = RESULTS.with_name("full.json")
_PACKAGES = ("functions-framework", "gunicorn", "psycopg", "pydantic", "boto3", "structlog")


def main() -> None:
    cores = os.sched_getaffinity(0)
    if {FUNCTION_CORE, OTHER_CORE} - cores:
        raise SystemExit("The bench needs two cores, 0 and 1.")
    began = time.monotonic()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="antragslotse-bench-") as folder:
        # Postgres runs as another user when this is root.
        Path(folder).chmod(0o755)
        if "--full" in sys.argv:
            figures = _directory(Path(folder), FULL)
        else:
            figures = _measured(Path(folder), cores) + _directory(Path(folder), USUAL)
    conditions = _conditions(busy, time.monotonic() - began)
    write_json(figures, conditions, RESULTS_FULL if "--full" in sys.argv else RESULTS)
    print()
    print(table(figures))
    print()
    for name, value in conditions.items():
        print(f"{name}: {value}")
    print(verdict(figures))


def _measured(folder: Path, cores: set[int]) -> list[Figure]:
    say("preparing an environment with the run-time packages only")
    programs = runtime_environment(folder / "venv")
    # Inherited by everything started here; the functions get the other core.
    os.sched_setaffinity(0, {OTHER_CORE})
    with running(folder / "apart") as environment:
        functions = Functions(programs, environment)
        say("intake")
        figures = intake(functions, environment)
        say("intake with files")
        figures += intake_with_files(functions)
        say("large files, nine gigabytes in all")
        figures += large_files(functions)
        say("stages")
        figures += stages(functions, environment)
        say("assignments out of a large directory")
        figures += assigning(functions, environment, folder)
        say("forwarding with a dead destination")
        figures += forwarding(functions, environment)
        say(f"cold starts, {RUNS} of each")
        figures = cold_starts(functions, environment) + figures
    os.sched_setaffinity(0, cores)
    say("latency through the broker")
    return figures + latency(folder / "together")


def _directory(folder: Path, responsibilities: int) -> list[Figure]:
    say(f"a directory of {responsibilities:,} responsibilities")
    return directory(folder / "directory", responsibilities)


def _conditions(busy: float, seconds: float) -> dict[str, str]:
    versions = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    return {
        "cores": f"the function alone on core {FUNCTION_CORE}; Postgres, S3, LDAP, the sink of "
        f"events and the client on core {OTHER_CORE} (the latency figures: everything on all)",
        "function": "one gunicorn worker, threads and pool as in its manifest, "
        "only run-time packages installed, compiled files warm",
        "database": "embedded PostgreSQL, fsync on, synchronous_commit on",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} "
        f"{platform.release()}; load average before the start {busy:.1f} (0 is an idle one)",
        "versions": ", ".join([f"Python {platform.python_version()}", *versions]),
        "duration": f"{seconds:.0f} s",
    }


def say(what: str) -> None:
    print(f"measuring: {what}", flush=True)


if __name__ == "__main__":
    main()
