"""A directory of the size of the federal one: how fast it comes in, and how fast it is asked."""

import os
import random
import subprocess
import sys
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
from shared.domain.directory import broader_keys
from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.regions import Place

USUAL = 500_000
FULL = 5_000_000
ROUNDS = 5
LOOK_UPS = 1_000
_DAY = date(2026, 3, 2)
_RATE_BUDGET = 20_000
_P99_BUDGET_MS = 1.0


def directory(state: Path, responsibilities: int) -> list[Figure]:
    state.mkdir()
    feed = write_feed(state / "feed.xml", responsibilities)
    with database(state) as running:
        imported = _import(feed, running.url("lotse_operator"))
        with psycopg.connect(running.owner_url(), autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
            conn.execute("CHECKPOINT")
        os.sync()  # what was written does not get in the way of what is asked
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
    with psycopg.connect(url, autocommit=True) as conn:
        _agrees_with_route(conn, feed)
        conn.execute(_TIMED)
        rounds = [_round(conn, feed, number) for number in range(ROUNDS + 1)][1:]  # one to warm up
    return [_figure(feed, rounds, 50, None), _figure(feed, rounds, 99, _P99_BUDGET_MS)]


# Where the time is taken: within the server, so that neither a socket nor Python is in it.
_TIMED = """
CREATE FUNCTION pg_temp.timed(version bigint, keys text[], wider text[], regions text[], day date)
RETURNS double precision[] LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
    spent double precision[] := '{}';
    region text;
BEGIN
    FOR number IN 1 .. cardinality(keys) LOOP
        region := regions[number];
        began := clock_timestamp();
        PERFORM look_up_places(NULL, region, NULL, NULL, keys[number:number], day);
        PERFORM look_up_entries(
            version, NULL, string_to_array(wider[number], ' '),
            ARRAY[region, left(region, 9), left(region, 5), left(region, 3), left(region, 2),
                  '000000000000'], 16);
        spent := spent || extract(epoch FROM clock_timestamp() - began)::double precision * 1000;
    END LOOP;
    RETURN spent;
END
$$
"""


def _agrees_with_route(conn: psycopg.Connection[Any], feed: Feed) -> None:
    """What is timed is what route asks: somebody is found for each key, by the same functions."""
    asked = PostgresAuthorityDirectory(conn)
    place = Place(region=RegionKey(municipalities()[0]))
    for key in feed.leika_keys[:20]:
        if not asked.look_up([LeikaKey(key)], place, None, _DAY).responsibilities:
            raise SystemExit(f"nobody found for {key} in {place.region}")


def _round(conn: psycopg.Connection[Any], feed: Feed, seed: int) -> list[float]:
    """Milliseconds of each look-up."""
    chosen = random.Random(seed)
    keys = chosen.choices(feed.leika_keys, k=LOOK_UPS)
    regions = chosen.choices(municipalities(), k=LOOK_UPS)
    wider = [" ".join(broader_keys(LeikaKey(key))) for key in keys]
    row = conn.execute(
        "SELECT pg_temp.timed(id, %s, %s, %s, %s) FROM directory_versions WHERE active",
        [keys, wider, regions, _DAY],
    ).fetchone()
    assert row is not None
    spent: list[float] = row[0]
    return spent


def _figure(feed: Feed, rounds: list[list[float]], percent: int, budget: float | None) -> Figure:
    return Figure(
        f"look-up in a directory, p{percent}",
        median(quantiles(spent, n=100)[percent - 1] for spent in rounds),
        budget,
        "ms",
        f"in the database, taken there; {feed.responsibilities:,} responsibilities, "
        f"median of {ROUNDS} rounds of {LOOK_UPS:,}",
    )
