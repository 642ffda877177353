"""How long from received to assigned through the local broker, when there is little to do."""

import time
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import psycopg

from bench.applications import application
from bench.figures import Figure
from bench.load import run
from infra.local.demonstration import bring_in
from infra.local.installation import Installation

APPLICATIONS = 300
WARM_UP = 20
PAUSE = 0.05


def latency(state: Path) -> list[Figure]:
    """Functions, broker and servers share all cores here, as with `lotse up`."""

    def prepare(conn: psycopg.Connection) -> None:
        bring_in(conn)

    with Installation(state, prepare=prepare) as installation:
        port = urlsplit(installation.intake_url).port
        assert port is not None
        for _ in range(WARM_UP + APPLICATIONS):
            run(port, lambda _: iter([application()]), connections=1).require_success()
            time.sleep(PAUSE)
        with psycopg.connect(installation.database_url("postgres")) as conn:
            waits = _waits(conn)
    if len(waits) != APPLICATIONS:
        raise RuntimeError(f"{len(waits)} of {APPLICATIONS} were assigned in time")
    hundredths = quantiles(waits, n=100)
    how = (
        f"time of the row case.assigned less that of case.received (both taken right before "
        f"their commit); {APPLICATIONS} applications, one after the other, all cores shared"
    )
    return [
        Figure("received to assigned, p50", hundredths[49] * 1000, 25, "ms", how),
        Figure("received to assigned, p99", hundredths[98] * 1000, 150, "ms", how),
    ]


def _waits(conn: psycopg.Connection, patience: float = 20.0) -> list[float]:
    """Seconds for each application after the first few."""
    end = time.monotonic() + patience
    while True:
        rows = conn.execute(
            """
            SELECT extract(epoch FROM assigned.time - received.time)::float
              FROM events AS received
              JOIN events AS assigned USING (case_id)
             WHERE received.type = 'de.antragslotse.case.received.v1'
               AND assigned.type = 'de.antragslotse.case.assigned.v1'
             ORDER BY received.time
            OFFSET %(first)s
            """,
            {"first": WARM_UP},
        ).fetchall()
        if len(rows) == APPLICATIONS or time.monotonic() > end:
            return [seconds for (seconds,) in rows]
        time.sleep(0.2)
        conn.rollback()
