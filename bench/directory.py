"""A directory of the size of the federal one: how fast it comes in, and how fast it is asked."""

import random
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg

from bench.environment import ROOT
from bench.feed import Feed, municipalities, write_feed
from bench.figures import Figure
from bench.servers import database
from functions.route.directory import PostgresAuthorityDirectory
from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.regions import Place

USUAL = 500_000
FULL = 5_000_000
ROUNDS = 5
LOOK_UPS = 1_000
_STATEMENTS = 2  # of a look-up
_RATE_BUDGET = 20_000
_P99_BUDGET_MS = 1.0


def directory(state: Path, responsibilities: int) -> list[Figure]:
    state.mkdir()
    feed = write_feed(state / "feed.xml", responsibilities)
    with database(state) as running:
        imported = _import(feed, running.url("lotse_operator"))
        with psycopg.connect(running.owner_url(), autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
        look_ups = _look_ups(running.url("lotse_route"), feed)
    feed.path.unlink()
    return imported + look_ups


def _import(feed: Feed, url: str) -> list[Figure]:
    """As `lotse` does, in a process of its own whose memory is its own."""
    command = [sys.executable, "-m", "bench.importer", str(feed.path), url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, before, after = map(float, done.stdout.split())
    many = f"{feed.responsibilities:,} responsibilities"
    return [
        Figure(
            "import of a directory",
            feed.entries / seconds,
            _RATE_BUDGET,
            "entries/s",
            f"{many}, {feed.path.stat().st_size / 1024**2:,.0f} MiB of XZuFi in {seconds:.0f} s: "
            "read, compared, stored, active",
            at_most=False,
        ),
        Figure(
            "memory of the import",
            after - before,
            None,
            "MiB",
            f"growth of the process's peak from {before:.0f} MiB, {many}",
        ),
    ]


def _look_ups(url: str, feed: Feed) -> list[Figure]:
    with _Timed.connect(url) as conn:
        rounds = [_round(conn, feed, number) for number in range(ROUNDS + 1)][1:]  # one to warm up
        empty = median(_seconds_of_nothing(conn) for _ in range(LOOK_UPS)) * 1000
    return [
        _figure(feed, rounds, empty, 50, None),
        _figure(feed, rounds, empty, 99, _P99_BUDGET_MS),
    ]


def _round(conn: "_Timed", feed: Feed, seed: int) -> list[float]:
    """Milliseconds that each look-up spent on its statements."""
    chosen = random.Random(seed)
    regions = municipalities()
    asked = PostgresAuthorityDirectory(conn)
    spent = []
    for _ in range(LOOK_UPS):
        key = LeikaKey(chosen.choice(feed.leika_keys))
        place = Place(region=RegionKey(chosen.choice(regions)))
        conn.seconds = 0.0
        if not asked.look_up([key], place, None, date(2026, 3, 2)).responsibilities:
            raise SystemExit(f"nobody found for {key} in {place.region}")
        spent.append(conn.seconds * 1000)
    return spent


def _seconds_of_nothing(conn: psycopg.Connection[Any]) -> float:
    began = time.perf_counter()
    conn.execute("SELECT 1").fetchone()
    return time.perf_counter() - began


def _figure(
    feed: Feed, rounds: list[list[float]], empty: float, percent: int, budget: float | None
) -> Figure:
    whole = median(quantiles(spent, n=100)[percent - 1] for spent in rounds)
    return Figure(
        f"look-up in a directory, p{percent}",
        whole - _STATEMENTS * empty,
        budget,
        "ms",
        f"in the database: {whole:.2f} ms without {_STATEMENTS} empty statements of {empty:.2f} ms;"
        f" {feed.responsibilities:,} responsibilities, median of {ROUNDS} rounds of {LOOK_UPS:,}",
    )


class _Timed(psycopg.Connection[Any]):
    """Counts the time that statements take: the server's, and a socket's on the same machine."""

    seconds = 0.0

    def execute(self, *args: Any, **kwargs: Any) -> psycopg.Cursor[Any]:
        began = time.perf_counter()
        try:
            return super().execute(*args, **kwargs)
        finally:
            self.seconds += time.perf_counter() - began
