"""`python -m tests.crash.lines`: kill at every line, print what broke and how many it were.

Of the lines between two effects on the world outside one stands for all.

With --wrong ORDER something is done in a wrong order, and only its lines are killed at.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from tests.crash.lines import forward, receive, wrong
from tests.crash.lines.children import told_by
from tests.crash.lines.installation import Installation, warm_up
from tests.crash.lines.kills import Journey, Trial, kill_at_each, reached

J = TypeVar("J", bound=Journey)
WRONG = "tests/crash/lines/wrong.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.lines", description=__doc__)
    parser.add_argument("--wrong", choices=wrong.ORDERS)
    parser.add_argument("functions", nargs="*", default=["receive", "forward"])
    arguments = parser.parse_args()
    spoiled, spoil = wrong.ORDERS.get(arguments.wrong, ("", None))
    if spoil is not None:
        spoil()
    functions = [spoiled] if spoiled else arguments.functions
    installation = Installation(os.environ["DATABASE_URL"], Path(os.environ["DESTINATIONS_ROOT"]))
    warm_up(installation)
    faults: list[str] = []
    counts: list[str] = []
    for function in functions:
        trials, found = KILLING[function](installation, bool(spoiled))
        what = "of" if counts else "moments of"
        counts.append(f"{len(trials)} {what} {function}")
        faults += found
        for fault in found:
            print(fault, flush=True)  # noqa: T201 - a command
    print(f"killed at {', '.join(counts)}")  # noqa: T201 - a command
    return 1 if faults else 0


def kill_receive(installation: Installation, spoiled: bool) -> tuple[list[Trial], list[str]]:
    trials = kill(receive.deliveries(installation), spoiled)
    faults = told_by(lambda tell: tell(list(receive.audit(installation, trials))))[0]
    return [trial for _, trial in trials], faults


def kill_forward(installation: Installation, spoiled: bool) -> tuple[list[Trial], list[str]]:
    system = forward.SpecialistSystem()
    trials = kill(forward.forwardings(installation, system.url), spoiled)
    faults = list(forward.audit(installation, trials, system.end()))
    return [trial for _, trial in trials], faults


def kill(journeys: Sequence[J], spoiled: bool) -> list[tuple[J, Trial]]:
    """In each journey, at each moment."""
    trials: list[tuple[J, Trial]] = []
    for journey in journeys[:1] if spoiled else journeys:
        lines = reached(journey)
        if spoiled:
            lines = [line for line in lines if line.file == WRONG]
        trials += [(journey, trial) for trial in kill_at_each(journey, lines)]
    return trials


KILLING = {"receive": kill_receive, "forward": kill_forward}

if __name__ == "__main__":
    sys.exit(main())
