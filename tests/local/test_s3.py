"""The embedded S3 server keeps what it acknowledged, and says so when it is full."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from botocore.exceptions import ClientError

from infra.local.errors import LocalError
from infra.local.ports import free_port
from infra.local.s3 import DURABLE, MEGABYTE, EmbeddedS3
from infra.local.supervisor import Supervisor


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def supervisor(state: Path) -> Iterator[Supervisor]:
    with Supervisor(state) as supervisor:
        yield supervisor


def body(server: EmbeddedS3, bucket: str, key: str) -> bytes:
    return server.client().get_object(Bucket=bucket, Key=key)["Body"].read()


def put(server: EmbeddedS3, bucket: str, key: str, content: bytes) -> None:
    server.client().put_object(Bucket=bucket, Key=key, Body=content)


def test_what_was_acknowledged_survives_kills_and_restarts(state: Path) -> None:
    large = bytes(range(256)) * 40_000  # more than one chunk
    server = EmbeddedS3(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        server.ensure_bucket("files")
        for key, content in (("small", b"Anlage"), ("large", large), ("empty", b"")):
            put(server, "files", key, content)
            supervisor.kill("s3")
            supervisor.wait_until_running("s3")
        assert body(server, "files", "large") == large

    again = EmbeddedS3(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(again.part())
        again.ensure_bucket("files")
        assert body(again, "files", "small") == b"Anlage"
        assert body(again, "files", "large") == large
        assert body(again, "files", "empty") == b""


def test_objects_are_synced_before_they_are_acknowledged(object_store_server: EmbeddedS3) -> None:
    filer = object_store_server._inner("filer", "/etc/seaweedfs/filer.conf")

    assert urllib3.request("GET", filer).json() == DURABLE


def test_a_full_server_refuses_and_recovers(state: Path, supervisor: Supervisor) -> None:
    server = EmbeddedS3(state, free_port(), capacity_mb=24)
    supervisor.start(server.part())
    server.ensure_bucket("files")
    put(server, "files", "before", b"kept")

    with server.filled("files"):
        with pytest.raises(ClientError) as refused:
            put(server, "files", "refused", bytes(MEGABYTE))
        assert body(server, "files", "before") == b"kept"

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    for number in range(3):
        put(server, "files", f"after-{number}", bytes(MEGABYTE))
    listed = server.client().list_objects_v2(Bucket="files")["Contents"]
    assert [each["Key"] for each in listed] == ["after-0", "after-1", "after-2", "before"]


def test_a_server_without_a_bound_cannot_be_filled(object_store_server: EmbeddedS3) -> None:
    with pytest.raises(LocalError, match="capacity"), object_store_server.filled("any"):
        pass


def test_a_wrong_key_and_no_key_are_refused(object_store_server: EmbeddedS3, bucket: str) -> None:
    class Stranger(EmbeddedS3):
        credentials = object_store_server.credentials._replace(secret_key="falsch")

    stranger = Stranger(Path("unused"), object_store_server.port)
    with pytest.raises(ClientError) as refused:
        put(stranger, bucket, "any", b"")
    unsigned = urllib3.request("GET", f"{object_store_server.endpoint_url}/{bucket}")

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert unsigned.status == 403


def test_the_key_is_generated_once_and_readable_for_its_owner_only(state: Path) -> None:
    first = EmbeddedS3(state, free_port()).credentials

    assert EmbeddedS3(state, free_port()).credentials == first
    assert (state / "s3" / "identities.json").stat().st_mode & 0o777 == 0o600


def test_an_object_needs_its_bucket(object_store_server: EmbeddedS3) -> None:
    with pytest.raises(ClientError) as refused:
        put(object_store_server, "no-such-bucket", "any", b"")

    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"


def test_each_test_has_an_empty_bucket(object_store_server: EmbeddedS3, bucket: str) -> None:
    assert object_store_server.client().list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    put(object_store_server, bucket, "left behind", b"")


def test_it_leaves_no_sockets_behind(state: Path) -> None:
    server = EmbeddedS3(state, free_port())
    with Supervisor(state) as supervisor:
        supervisor.start(server.part())
        ports = [*server._ports.values(), server.port]

    left = [path for port in ports for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]
    assert left == []
