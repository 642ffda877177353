"""Wherever receive and forward are killed, everything is there once, and nothing else."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.s3 import REGION, EmbeddedS3

Run = Callable[..., subprocess.CompletedProcess[str]]
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def kill_at_every_line(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Run:
    """A process of its own: what is forked from it knows nothing of pytest."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "DESTINATIONS_ROOT": str(tmp_path),
        "S3_ENDPOINT_URL": object_store_server.endpoint_url,
        "S3_BUCKET": bucket,
        "S3_REGION": REGION,
        "AWS_ACCESS_KEY_ID": object_store_server.credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": object_store_server.credentials.secret_key,
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.crash.lines", *arguments]
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_at_whichever_line_a_function_is_killed(
    kill_at_every_line: Run,
) -> None:
    ended = kill_at_every_line()

    print(ended.stdout)  # noqa: T201 - how many lines it were
    assert ended.returncode == 0, ended.stdout + ended.stderr
    counted = re.fullmatch(
        r"killed at (\d+) moments of receive, (\d+) of forward", ended.stdout.strip()
    )
    assert counted is not None, ended.stdout
    assert [
        int(count) > least for count, least in zip(counted.groups(), (50, 150), strict=True)
    ] == [
        True,
        True,
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("order", "fault"),
    [
        ("acknowledge-before-commit", "0 cases, acknowledged before the kill"),
        ("consume-before-store", "objects belong to nobody"),
        ("record-before-sending", "nothing arrived in folder"),
    ],
)
def test_a_wrong_order_is_noticed(kill_at_every_line: Run, order: str, fault: str) -> None:
    ended = kill_at_every_line("--wrong", order)

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert fault in ended.stdout
