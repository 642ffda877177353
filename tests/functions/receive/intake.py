"""The intake as a process of its own, and what it left in Postgres, S3 and on the disk."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import urllib3

from infra.local.ports import HOST, free_port
from infra.local.s3 import EmbeddedS3
from tests.functions.receive.bodies import CONTENT_TYPE, a_body

REPOSITORY = Path(__file__).parents[3]
TRUSTED = {
    "id": "formserver",
    "platform": "ozg_cloud",
    "authentication": {"kind": "trusted_network"},
}
EMPTY: Mapping[str, str] = MappingProxyType({})
# What every process needs that is not the function's setting.
_INHERITED = ("PATH", "HOME", "LANG")


@dataclass
class Intake:
    port: int
    database_url: str
    s3: EmbeddedS3
    bucket: str
    process: subprocess.Popen[bytes]
    temporary: Path
    log: Path

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(retries=False, timeout=60)

    def post(
        self, body: Any, content_type: str = CONTENT_TYPE, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        return self.post_to("/antrag", body, content_type, headers)

    def post_to(
        self, path: str, body: Any, content_type: str, headers: Mapping[str, str] = EMPTY
    ) -> tuple[int, dict[str, Any]]:
        answer = self.http.request(
            "POST",
            f"http://{HOST}:{self.port}{path}",
            body=body,
            headers={"Content-Type": content_type, **headers},
        )
        return answer.status, json.loads(answer.data)

    def deliver(self, *parts: bytes) -> tuple[int, dict[str, Any]]:
        return self.post(a_body(*parts))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as conn:
            return conn.execute(query.encode()).fetchall()

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def objects(self) -> list[str]:
        found = self.s3.client().list_objects_v2(Bucket=self.bucket)
        return [entry["Key"] for entry in found.get("Contents", [])]

    def worker(self) -> psutil.Process:
        (worker,) = psutil.Process(self.process.pid).children()
        return worker

    def resident(self) -> int:
        return int(self.worker().memory_info().rss)

    def left_behind(self) -> dict[str, Any]:
        """Everything that a refused request may not leave."""
        left = {table: self.count(table) for table in ("uploads", "cases", "submissions")}
        return {**left, "objects": self.objects(), "files": sorted(self.temporary.iterdir())}


NOTHING = {"uploads": 0, "cases": 0, "submissions": 0, "objects": [], "files": []}


@contextmanager
def running_intake(
    database_url: str,
    s3: EmbeddedS3,
    bucket: str,
    directory: Path,
    senders: tuple[dict[str, Any], ...] = (TRUSTED,),
    settings: Mapping[str, str] = EMPTY,
    source: str = "functions/receive/main.py",
) -> Iterator[Intake]:
    with psycopg.connect(database_url) as conn:
        for sender in senders:
            conn.execute("INSERT INTO senders VALUES (%s, %s)", [sender["id"], json.dumps(sender)])
    temporary = directory / "tmp"
    temporary.mkdir()
    role = urlsplit(database_url)
    port = free_port()
    environment = {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        "PORT": str(port),
        "THREADS": "4",
        "TMPDIR": str(temporary),
        "DATABASE_URL": role._replace(
            netloc=f"lotse_receive@{role.netloc.rpartition('@')[2]}"
        ).geturl(),
        "S3_ENDPOINT_URL": s3.endpoint_url,
        "S3_BUCKET": bucket,
        "AWS_ACCESS_KEY_ID": s3.credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_key,
        **settings,
    }
    framework = Path(sys.executable).with_name("functions-framework")
    command = [str(framework), f"--source={source}", "--target=handle"]
    log = directory / "receive.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        intake = Intake(port, database_url, s3, bucket, process, temporary, log)
        try:
            _wait_until_ready(intake)
            yield intake
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(intake: Intake) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and intake.process.poll() is None:
        try:
            if intake.http.request("GET", f"http://{HOST}:{intake.port}/readyz").status == 200:
                # gunicorn's own temporary file, not ours
                for file in intake.temporary.iterdir():
                    file.unlink()
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"receive did not start: {intake.log.read_text()}")


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")
