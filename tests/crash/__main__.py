"""`make crash-test SEED=7 APPLICATIONS=500`, with BREAK=ack-before-commit or BREAK=forget-wake."""

import argparse
import os
import sys
import time

from tests.crash.breaks import Break
from tests.crash.run import Report, crash_run

KILLS = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="crash-test", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--applications", type=int, default=500)
    parser.add_argument("--kills", type=int, default=KILLS, help="of each part, at least")
    arguments = parser.parse_args()
    broken = Break(os.environ["BREAK"]) if os.environ.get("BREAK") else None
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)  # noqa: T201 - a command

    report = crash_run(
        seed=arguments.seed,
        count=arguments.applications,
        kills=arguments.kills,
        broken=broken,
        say=say,
    )
    print(describe(report))  # noqa: T201 - a command
    return 0 if sound(report, arguments.kills) else 1


def describe(report: Report) -> str:
    verdict = report.verdict
    kills = ", ".join(f"{part} {count}" for part, count in sorted(report.killed.items()))
    lines = [
        *(f"lost: {one}" for one in verdict.lost[:20]),
        *(f"duplicated: {one}" for one in verdict.duplicated[:20]),
        *(f"stuck: {one}" for one in verdict.stuck[:20]),
        f"killed: {kills}",
        f"disk of the S3 server filled: {'yes' if report.disk_filled else 'NO'}",
        f"fsync = {report.fsync}",
        f"{verdict.cases} cases of {verdict.applications} applications",
        f"{verdict.redrawn} probable duplicates under re-drawn ids, linked",
        verdict.line,
    ]
    return "\n".join(lines)


def sound(report: Report, kills: int) -> bool:
    often_enough = all(count >= kills for count in report.killed.values()) and report.killed
    return (
        report.verdict.good and bool(often_enough) and report.fsync == "on" and report.disk_filled
    )


if __name__ == "__main__":
    sys.exit(main())
