"""Import a feed, and print what it took: seconds, and MiB of memory before and at the most."""

import sys
import time
from pathlib import Path

import psycopg

from infra.directory.importing import import_files


def main() -> None:
    feed, url = sys.argv[1:]
    before = _peak_mib()
    began = time.perf_counter()
    with psycopg.connect(url) as conn:
        import_files(conn, [Path(feed)], source="bench", full=True, activate=True)
    print(time.perf_counter() - began, before, _peak_mib())


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
