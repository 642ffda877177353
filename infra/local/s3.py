"""A real S3 server (SeaweedFS) for one machine, with every acknowledged object on the disk."""

import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.errors import LocalError
from infra.local.ports import HOST, free_ports, is_free
from infra.local.supervisor import Part

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

REGION = "us-east-1"
BALLAST, PROBE = "ballast/", "ballast/probe"
MEGABYTE = 1_000_000
PROBES = 4
# Volumes are the unit in which the server takes space; a bucket has at least one of its own.
VOLUME_MB, SMALL_VOLUME_MB = 256, 8
INNER_PORTS = ["master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc"]
# Data are synced before they are acknowledged; so are the names, see _environment. (Its index file
# is not: a kill costs nothing, after a power cut `weed fix` may have to write that one anew.)
DURABLE = {"version": 1, "locations": [{"locationPrefix": "/buckets/", "fsync": True}]}


class Credentials(NamedTuple):
    access_key: str
    secret_key: str


class EmbeddedS3:
    """Data and the generated key lie in `<state>/s3`. Only its S3 port asks for the key.

    `capacity_mb` bounds the space (roughly, in steps of 8 MB): a PUT beyond it gets 500.
    """

    def __init__(self, state: Path, port: int, capacity_mb: int | None = None) -> None:
        self._state = state.absolute()
        self._home = self._state / "s3"
        self._capacity_mb = capacity_mb
        self._http = urllib3.PoolManager(retries=False, timeout=5)
        self.port = port
        self.endpoint_url = f"http://{HOST}:{port}"

    def part(self) -> Part:
        (self._home / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        return Part(
            name="s3",
            argv=[str(Path(sys.executable).with_name("weed")), "server", *self._flags()],
            env=self._environment(),
            cwd=self._home,
            log=self._state / "log" / "s3.log",
            ready=self.is_ready,
            # What was acknowledged is on the disk, and its own way to end takes 15 seconds.
            stop_signal=signal.SIGKILL,
            after_stop=self._remove_sockets,
        )

    @cached_property
    def credentials(self) -> Credentials:
        """Generated once and kept."""
        try:
            identities = json.loads(self._identities.read_text())
            key = identities["identities"][0]["credentials"][0]
            return Credentials(key["accessKey"], key["secretKey"])
        except FileNotFoundError:
            fresh = Credentials(secrets.token_hex(10), secrets.token_hex(20))
            self._keep(fresh)
            return fresh

    def is_ready(self) -> bool:
        """The S3 port answers, there is a place for data, and it is going to be synced."""
        try:
            healthy = self._http.request("GET", f"{self.endpoint_url}/healthz").status == 200
            return healthy and self._has_space() and self._is_durable()
        except (urllib3.exceptions.HTTPError, ValueError):
            return False

    def client(self) -> "S3Client":
        """One attempt per call: the caller sees what the server said."""
        import boto3  # takes a quarter of a second; not everybody who starts a server needs it
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.credentials.access_key,
            aws_secret_access_key=self.credentials.secret_key,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def ensure_bucket(self, name: str) -> None:
        client = self.client()
        try:
            client.create_bucket(Bucket=name)
        except (client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            return

    def delete_bucket(self, name: str) -> None:
        """With all that is in it; its volumes are free again at once."""
        self.client().delete_bucket(Bucket=name)

    @contextmanager
    def filled(self, bucket: str) -> Iterator[None]:
        """While inside, PUTs into the bucket fail for want of space (needs `capacity_mb`)."""
        if self._capacity_mb is None:
            raise LocalError("only a server with a capacity can be filled")
        client = self.client()
        written = self._fill(client, bucket)
        try:
            yield
        finally:
            self._free(client, bucket, written)

    def _fill(self, client: "S3Client", bucket: str) -> int:
        written = 0
        # Large ones first, then small ones into what is left.
        for size in (MEGABYTE, 10_000):
            while _put(client, bucket, f"{BALLAST}{written}", size):
                written += 1
        return written

    def _free(self, client: "S3Client", bucket: str, written: int, timeout: float = 60.0) -> None:
        """Deleted objects leave their space only when their volume is compacted."""
        pending = [f"{BALLAST}{number}" for number in range(written)]
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            pending = [key for key in pending if not _delete(client, bucket, key)]
            if not pending and self._compact() and self._takes(client, bucket):
                return
            time.sleep(0.2)
        raise LocalError("the S3 server did not give its space back")

    def _takes(self, client: "S3Client", bucket: str) -> bool:
        """Several in a row: one volume may take something when the next one does not yet."""
        probes = [f"{PROBE}{number}" for number in range(PROBES)]
        taken = [key for key in probes if _put(client, bucket, key, MEGABYTE)]
        gone = [key for key in taken if _delete(client, bucket, key)]
        return len(gone) == PROBES

    def _compact(self) -> bool:
        try:
            answer = self._http.request(
                "GET", self._inner("master", "/vol/vacuum?garbageThreshold=0.001"), timeout=30
            )
        except urllib3.exceptions.HTTPError:
            return False  # being restarted
        return answer.status == 200

    def _has_space(self) -> bool:
        topology = self._http.request("GET", self._inner("master", "/dir/status")).json()
        return bool(topology["Topology"].get("Max"))

    def _is_durable(self) -> bool:
        address = self._inner("filer", "/etc/seaweedfs/filer.conf")
        answer = self._http.request("GET", address)
        if answer.status == 200 and json.loads(answer.data) == DURABLE:
            return True
        if answer.status in (200, 404):
            self._http.request("PUT", address, body=json.dumps(DURABLE))
        return False

    def _flags(self) -> list[str]:
        small = self._capacity_mb is not None
        volumes = max(1, self._capacity_mb // SMALL_VOLUME_MB) if self._capacity_mb else 0
        inner = [f"-{_flag(name)}={port}" for name, port in self._ports.items()]
        self.credentials  # noqa: B018 (writes the file on the first start)
        return [
            f"-dir={self._home / 'data'}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            "-filer",
            "-s3",
            f"-s3.port={self.port}",
            *inner,
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self._identities}",
            "-s3.autoCreateBucket=false",
            "-master.telemetry=false",
            # A single master needs no memory of elections; with one, a restart may take 20 seconds.
            "-master.electionTimeout=1s",
            "-master.resumeState=false",
            f"-master.volumeSizeLimitMB={SMALL_VOLUME_MB if small else VOLUME_MB}",
            f"-volume.max={volumes}",  # 0: as many as the disk has room for
            "-volume.preStopSeconds=0",
        ]

    def _remove_sockets(self) -> None:
        """It leaves them in /tmp, whatever TMPDIR says."""
        for name, port in [*self._ports.items(), ("s3", self.port)]:
            Path(f"/tmp/seaweedfs-{name.replace('.', '-')}-{port}.sock").unlink(missing_ok=True)  # noqa: S108

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home),  # where it looks for configuration files
            # Names in SQLite, which syncs each change; the default store does not.
            "WEED_LEVELDB2_ENABLED": "false",
            "WEED_SQLITE_ENABLED": "true",
            "WEED_SQLITE_DBFILE": str(self._home / "data" / "names.db"),
            # One volume at a time for each bucket, not seven.
            "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
        }

    @cached_property
    def _ports(self) -> dict[str, int]:
        """Kept from start to start as far as they are free: the data remember their server."""
        kept = self._home / "ports.json"
        ports = json.loads(kept.read_text()) if kept.exists() else {}
        if list(ports) != INNER_PORTS or not all(is_free(port) for port in ports.values()):
            ports = dict(zip(INNER_PORTS, free_ports(len(INNER_PORTS)), strict=True))
            kept.write_text(json.dumps(ports))
        return dict(ports)

    def _inner(self, server: str, path: str) -> str:
        return f"http://{HOST}:{self._ports[server]}{path}"

    @property
    def _identities(self) -> Path:
        return self._home / "identities.json"

    def _keep(self, key: Credentials) -> None:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = {
            "name": "lotse",
            "credentials": [{"accessKey": key.access_key, "secretKey": key.secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        self._identities.touch(mode=0o600)
        self._identities.write_text(json.dumps({"identities": [identity]}))


def _flag(server: str) -> str:
    """master → master.port, master.grpc → master.port.grpc."""
    name, _, grpc = server.partition(".")
    return f"{name}.port.grpc" if grpc else f"{name}.port"


def _put(client: "S3Client", bucket: str, key: str, size: int) -> bool:
    try:
        # Random, since the server compresses.
        client.put_object(Bucket=bucket, Key=key, Body=secrets.token_bytes(size))
    except (BotoCoreError, ClientError):
        return False
    return True


def _delete(client: "S3Client", bucket: str, key: str) -> bool:
    try:
        client.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError):
        return False
    return True
